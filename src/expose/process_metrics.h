#pragma once

#include <prometheus/metric_family.h>

#include <filesystem>
#include <optional>
#include <vector>

namespace exporter {

// Reads the metrics that every Prometheus client says of its process: CPU time,
// memory, file descriptors, start time and threads, as process_*. What cannot
// be read is absent; none of it is an error.
//
// Safe for concurrent use.
// Source: proc(5); Prometheus, "Writing client libraries", process metrics.
class ProcessMetrics {
 public:
  // Reads the start, once: the kernel counts it from a boot time that moves
  // whenever the clock is set.
  explicit ProcessMetrics(std::filesystem::path proc = "/proc");

  [[nodiscard]] std::vector<prometheus::MetricFamily> Read() const;

 private:
  const std::filesystem::path proc_;
  const std::optional<double> start_seconds_;  // Since 1970.
};

}  // namespace exporter
