#pragma once

#include <prometheus/metric_family.h>

#include "expose/text_writer.h"

namespace exporter {

// Writes `family` with all its samples; nothing if it has none. A series has
// the same name, labels and value in both formats; where OpenMetrics is
// stricter about names, the type gives way:
//  - a gauge "…_info" whose values are all 1 is an info,
//  - a counter that does not end in "_total" is unknown.
// The unit is "seconds" or "bytes" where the name says so.
// REQUIRES: the names of `family` and its labels are valid, no series occurs
// twice.
void WriteFamily(const prometheus::MetricFamily& family, TextWriter& writer);

}  // namespace exporter
