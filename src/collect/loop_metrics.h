// Counts what the collector does, as its own metrics. Every series that can be
// known before is there from the start, at 0, so that rates see its first
// event.

#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/error.h"

namespace exporter {

// What a request to the cloud is for: the `operation` label.
enum class Operation { kStatus, kList, kToken, kMetadata };

// Not safe for concurrent use: it belongs to the thread that runs the loop.
class LoopMetrics {
 public:
  explicit LoopMetrics(prometheus::Registry& registry);

  void Requested(Operation operation);
  void Responded(Operation operation, int http_status);
  void Failed(Operation operation, ErrorKind reason);
  void Retried(Operation operation);
  void Took(Operation operation, std::chrono::steady_clock::duration duration);

  // `field`: of kReadFields.
  void WasOdd(std::string_view field);

  prometheus::Gauge& in_flight;
  prometheus::Counter& throttle_wait_seconds;
  prometheus::Counter& cache_requests;
  prometheus::Counter& cache_hits;
  prometheus::Gauge& datasets;
  prometheus::Gauge& shard;
  prometheus::Gauge& shards;

  void SetDiscovered(const std::string& project_id, std::size_t datasets);
  void SetDiscoverySuccess(const std::string& project_id, double unix_seconds);
  void ForgetDiscovery(const std::string& project_id);
  void SetCredentialsExpiry(const std::string& project_id, double unix_seconds);
  void ForgetCredentialsExpiry(const std::string& project_id);
  void ForgetCredentialsExpiryExcept(const std::set<std::string>& project_ids);

 private:
  struct OfOperation {
    prometheus::Counter* requests;
    prometheus::Counter* retries;
    prometheus::Histogram* duration;
    std::map<int, prometheus::Counter*> responses;  // By HTTP status.
    std::array<prometheus::Counter*, kAllReasons.size()> failures;
  };
  using Gauges = prometheus::Family<prometheus::Gauge>;

  std::array<OfOperation, 4> operations_;
  std::map<std::string_view, prometheus::Counter*> odd_fields_;  // By field.
  prometheus::Family<prometheus::Counter>& responses_;
  Gauges& discovered_;
  Gauges& discovery_success_;
  Gauges& credentials_expiry_;
  std::set<std::string> with_expiry_;  // Projects that have a series.
};

}  // namespace exporter
