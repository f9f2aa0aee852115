#pragma once

#include <prometheus/metric_family.h>

#include <optional>

#include "base/clock.h"
#include "expose/text_writer.h"

namespace exporter {

// Writes `family` with all its samples; nothing if it has none. `start` is
// since when it has been counted, for formats that say it; none if that is not
// known. A series has the same name, labels and value in all formats, but that
// a histogram or a summary is one sample in OpenMetrics 2.0. Where OpenMetrics
// is stricter about names, the type gives way:
//  - a gauge "…_info" whose values are all 1 is an info,
//  - a counter that does not end in "_total" is unknown in OpenMetrics 1.0.
// The unit is "seconds" or "bytes" where the name says so.
// REQUIRES: the names of `family` and its labels are valid, no series occurs
// twice; the bounds of a histogram and the quantiles of a summary ascend.
void WriteFamily(const prometheus::MetricFamily& family, TextWriter& writer,
                 std::optional<WallTime> start = std::nullopt);

}  // namespace exporter
