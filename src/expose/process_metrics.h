#pragma once

#include <prometheus/metric_family.h>

#include <filesystem>
#include <vector>

namespace exporter {

// The metrics that every Prometheus client says of its process: CPU time,
// memory, file descriptors, start time and threads, as process_*. What cannot
// be read is absent; none of it is an error. Safe for concurrent use. Source:
// proc(5); Prometheus, "Writing client libraries", process metrics.
std::vector<prometheus::MetricFamily> ReadProcessMetrics(
    const std::filesystem::path& proc = "/proc");

}  // namespace exporter
