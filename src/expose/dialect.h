// Says what the text formats differ in, as a table. Knows no bytes of samples.

#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "expose/negotiation.h"

namespace exporter {

enum class FamilyType {
  kCounter,
  kGauge,
  kInfo,      // A gauge in the text format.
  kStateSet,  // A gauge in the text format.
  kHistogram,
  kSummary,
  kUnknown,
};
inline constexpr std::size_t kFamilyTypes = 7;

// A line above the samples of a family.
enum class Metadata { kNone, kHelp, kType, kUnit };

// How it is said since when a counter, a histogram or a summary counts.
enum class StartForm {
  kNone,
  kInline,  // Behind its value: "a_total 1 st@1520430000".
  kSample,  // As a sample of its own: "a_created 1520430000".
};

struct Dialect {
  std::array<std::string_view, kFamilyTypes> types;  // In TYPE, by FamilyType.
  std::array<Metadata, 3> metadata;                  // In their order.
  const char* escaped_in_help;
  // A counter "a_total" is declared as "a", an info "a_info" as "a", and a
  // counter without "_total" is none; else all are declared by their whole
  // names.
  bool declares_stem;
  // A histogram or a summary is one sample that holds all its numbers; else
  // each number is a sample.
  bool composite;
  StartForm start;
  int timestamp_decimals;  // Of milliseconds since 1970: 3 makes seconds.
  std::string_view end;    // Of the whole exposition.
};

// Source: Prometheus, Exposition formats; OpenMetrics 1.0 and 2.0 (release
// candidate of March 2026), Text Format.
// `created`: in OpenMetrics 1.0 with the samples "…_created".
const Dialect& DialectOf(Format format, bool created = false);

}  // namespace exporter
