#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "expose/process_metrics.h"

namespace exporter {

// Keeps the metrics about the program and its configuration. Safe for
// concurrent use.
class OwnMetrics {
 public:
  // `registry` also holds what the other rooms count, and must outlive this.
  explicit OwnMetrics(prometheus::Registry& registry);

  void Loaded(std::uint64_t config_hash, WallTime when);  // At the start.
  void Reloaded(std::uint64_t config_hash, WallTime when);
  void ReloadFailed();

  // All of the program's own families, in the order of the documentation.
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const;

 private:
  prometheus::Registry& registry_;
  const ProcessMetrics process_;
  prometheus::Gauge& reload_successful_;
  prometheus::Gauge& reload_success_time_;
  prometheus::Counter& reloads_;
  prometheus::Counter& reload_failures_;
  prometheus::Gauge& config_hash_;
};

}  // namespace exporter
