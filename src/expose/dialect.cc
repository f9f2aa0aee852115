#include "expose/dialect.h"

namespace exporter {
namespace {

using enum Metadata;

constexpr std::array<std::string_view, kFamilyTypes> kTextTypes = {
    "counter", "gauge", "gauge", "gauge", "histogram", "summary", "untyped"};
constexpr std::array<std::string_view, kFamilyTypes> kOpenMetricsTypes = {
    "counter", "gauge", "info", "stateset", "histogram", "summary", "unknown"};

// By Format.
constexpr std::array<Dialect, 3> kDialects = {{
    {.types = kTextTypes,
     .metadata = {kHelp, kType, kNone},
     .escaped_in_help = "\\\n",
     .declares_stem = false,
     .counter_needs_total = false,
     .composite = false,
     .start_timestamps = false,
     .timestamp_decimals = 0,
     .end = ""},
    {.types = kOpenMetricsTypes,
     .metadata = {kHelp, kType, kUnit},
     .escaped_in_help = "\\\n\"",
     .declares_stem = true,
     .counter_needs_total = true,
     .composite = false,
     .start_timestamps = false,
     .timestamp_decimals = 3,
     .end = "# EOF\n"},
    {.types = kOpenMetricsTypes,
     .metadata = {kType, kUnit, kHelp},
     .escaped_in_help = "\\\n\"",
     .declares_stem = false,
     .counter_needs_total = false,
     .composite = true,
     .start_timestamps = true,
     .timestamp_decimals = 3,
     .end = "# EOF\n"},
}};

}  // namespace

const Dialect& DialectOf(Format format) {
  return kDialects.at(static_cast<std::size_t>(format));
}

}  // namespace exporter
