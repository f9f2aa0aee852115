#include "expose/dialect.h"

namespace exporter {
namespace {

using enum Metadata;

constexpr std::array<std::string_view, kFamilyTypes> kTextTypes = {
    "counter", "gauge", "gauge", "gauge", "histogram", "summary", "untyped"};
constexpr std::array<std::string_view, kFamilyTypes> kOpenMetricsTypes = {
    "counter", "gauge", "info", "stateset", "histogram", "summary", "unknown"};

constexpr Dialect OpenMetrics1(StartForm start) {
  return {.types = kOpenMetricsTypes,
          .metadata = {kHelp, kType, kUnit},
          .escaped_in_help = "\\\n\"",
          .declares_stem = true,
          .composite = false,
          .start = start,
          .timestamp_decimals = 3,
          .end = "# EOF\n"};
}

// By Format.
constexpr std::array<Dialect, 3> kDialects = {{
    {.types = kTextTypes,
     .metadata = {kHelp, kType, kNone},
     .escaped_in_help = "\\\n",
     .declares_stem = false,
     .composite = false,
     .start = StartForm::kNone,
     .timestamp_decimals = 0,
     .end = ""},
    OpenMetrics1(StartForm::kNone),
    {.types = kOpenMetricsTypes,
     .metadata = {kType, kUnit, kHelp},
     .escaped_in_help = "\\\n\"",
     .declares_stem = false,
     .composite = true,
     .start = StartForm::kInline,
     .timestamp_decimals = 3,
     .end = "# EOF\n"},
}};

constexpr Dialect kWithCreated = OpenMetrics1(StartForm::kSample);

}  // namespace

const Dialect& DialectOf(Format format, bool created) {
  if (created && format == Format::kOpenMetrics) return kWithCreated;
  return kDialects.at(static_cast<std::size_t>(format));
}

}  // namespace exporter
