// What the text formats differ in, as a table. Knows no bytes of samples.

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

struct Dialect {
  std::array<std::string_view, kFamilyTypes> types;  // In TYPE, by FamilyType.
  std::array<Metadata, 3> metadata;                  // In their order.
  const char* escaped_in_help;
  bool declares_stem;        // A counter "a_total" is declared as "a", an info
                             // "a_info" as "a"; else both by their whole names.
  bool counter_needs_total;  // One without "_total" is none.
  bool composite;  // A histogram or a summary is one sample that holds all its
                   // numbers; else each number is a sample.
  bool start_timestamps;   // Behind counters, histograms and summaries.
  int timestamp_decimals;  // Of milliseconds since 1970: 3 makes seconds.
  std::string_view end;    // Of the whole exposition.
};

// Source: Prometheus, Exposition formats; OpenMetrics 1.0 and 2.0 (release
// candidate of March 2026), Text Format.
const Dialect& DialectOf(Format format);

}  // namespace exporter
