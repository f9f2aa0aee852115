#include "collect/loop_metrics.h"

#include <stdexcept>
#include <utility>

#include "modelarts/decode.h"

namespace exporter {
namespace {

constexpr std::array kAllOperations = {Operation::kStatus, Operation::kList,
                                       Operation::kToken, Operation::kMetadata};

std::string ToLabel(Operation operation) {
  switch (operation) {
    case Operation::kStatus:
      return "status";
    case Operation::kList:
      return "list";
    case Operation::kToken:
      return "token";
    case Operation::kMetadata:
      return "metadata";
  }
  throw std::logic_error("Operation out of range");
}

prometheus::Family<prometheus::Counter>& CounterFamily(
    prometheus::Registry& registry, const std::string& name,
    const std::string& help) {
  return prometheus::BuildCounter()
      .Name("modelarts_exporter_" + name)
      .Help(help)
      .Register(registry);
}

prometheus::Family<prometheus::Gauge>& GaugeFamily(
    prometheus::Registry& registry, const std::string& name,
    const std::string& help) {
  return prometheus::BuildGauge()
      .Name("modelarts_exporter_" + name)
      .Help(help)
      .Register(registry);
}

const prometheus::Histogram::BucketBoundaries kSeconds = {
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

void Forget(prometheus::Family<prometheus::Gauge>& family,
            const prometheus::Labels& labels) {
  if (family.Has(labels)) family.Remove(&family.Add(labels));
}

}  // namespace

LoopMetrics::LoopMetrics(prometheus::Registry& registry)
    : in_flight(GaugeFamily(registry, "api_requests_in_flight",
                            "Requests to the cloud that are on their way.")
                    .Add({})),
      throttle_wait_seconds(
          CounterFamily(registry, "api_throttle_wait_seconds_total",
                        "Time in which the queries of a project waited for its "
                        "rate limit or for the end of the cloud's pause.")
              .Add({})),
      cache_requests(CounterFamily(registry, "cache_requests_total",
                                   "Datasets that scrapes asked for.")
                         .Add({})),
      cache_hits(CounterFamily(registry, "cache_hits_total",
                               "Datasets that scrapes asked for and that cost "
                               "no query of their own: answers reused, or "
                               "joined while in flight.")
                     .Add({})),
      datasets(GaugeFamily(registry, "config_datasets",
                           "Datasets of this shard, configured or discovered.")
                   .Add({})),
      shard(GaugeFamily(registry, "shard", "Index of this shard, from 0.")
                .Add({})),
      shards(GaugeFamily(registry, "shards",
                         "Number of shards that share the datasets.")
                 .Add({})),
      operations_{},
      responses_(CounterFamily(registry, "api_responses_total",
                               "Responses of the cloud by HTTP status.")),
      discovered_(GaugeFamily(registry, "discovery_datasets",
                              "Datasets that the last good listing found, of "
                              "all shards, after the filters.")),
      discovery_success_(GaugeFamily(registry,
                                     "discovery_last_success_timestamp_seconds",
                                     "Unix time of the last good listing.")),
      credentials_expiry_(
          GaugeFamily(registry, "credentials_expiry_timestamp_seconds",
                      "Unix time at which the credentials in use end; absent "
                      "where that is unknown.")) {
  auto& requests =
      CounterFamily(registry, "api_requests_total", "Requests to the cloud.");
  auto& retries = CounterFamily(registry, "api_retries_total",
                                "Requests to the cloud that repeat a failed "
                                "one.");
  auto& failures = CounterFamily(
      registry, "api_request_failures_total",
      "Requests to the cloud that brought no valid answer, by reason.");
  auto& durations = prometheus::BuildHistogram()
                        .Name("modelarts_exporter_api_request_duration_seconds")
                        .Help("Time that requests to the cloud took.")
                        .Register(registry);
  auto& odd = CounterFamily(registry, "odd_fields_total",
                            "Fields of valid replies of the cloud that were "
                            "not of their type, and counted as absent.");
  for (const std::string_view field : kReadFields) {
    odd_fields_[field] = &odd.Add({{"field", std::string(field)}});
  }
  for (std::size_t i = 0; i < kAllOperations.size(); ++i) {
    const std::string label = ToLabel(kAllOperations[i]);
    OfOperation& operation = operations_[i];
    operation.requests = &requests.Add({{"operation", label}});
    operation.retries = &retries.Add({{"operation", label}});
    operation.duration = &durations.Add({{"operation", label}}, kSeconds);
    for (std::size_t r = 0; r < kAllReasons.size(); ++r) {
      operation.failures[r] = &failures.Add(
          {{"operation", label},
           {"reason", std::string(exporter::ToLabel(kAllReasons[r]))}});
    }
  }
}

void LoopMetrics::WasOdd(std::string_view field) {
  odd_fields_.at(field)->Increment();
}

void LoopMetrics::Requested(Operation operation) {
  operations_[static_cast<std::size_t>(operation)].requests->Increment();
}

void LoopMetrics::Responded(Operation operation, int http_status) {
  prometheus::Counter*& counter =
      operations_[static_cast<std::size_t>(operation)].responses[http_status];
  if (counter == nullptr) {
    counter = &responses_.Add({{"operation", ToLabel(operation)},
                               {"code", std::to_string(http_status)}});
  }
  counter->Increment();
}

void LoopMetrics::Failed(Operation operation, ErrorKind reason) {
  for (std::size_t i = 0; i < kAllReasons.size(); ++i) {
    if (kAllReasons[i] != reason) continue;
    operations_[static_cast<std::size_t>(operation)].failures[i]->Increment();
  }
}

void LoopMetrics::Retried(Operation operation) {
  operations_[static_cast<std::size_t>(operation)].retries->Increment();
}

void LoopMetrics::Took(Operation operation,
                       std::chrono::steady_clock::duration duration) {
  operations_[static_cast<std::size_t>(operation)].duration->Observe(
      std::chrono::duration<double>(duration).count());
}

void LoopMetrics::SetDiscovered(const std::string& project_id,
                                std::size_t count) {
  discovered_.Add({{"project_id", project_id}}).Set(static_cast<double>(count));
}

void LoopMetrics::SetDiscoverySuccess(const std::string& project_id,
                                      double unix_seconds) {
  discovery_success_.Add({{"project_id", project_id}}).Set(unix_seconds);
}

void LoopMetrics::ForgetDiscovery(const std::string& project_id) {
  Forget(discovered_, {{"project_id", project_id}});
  Forget(discovery_success_, {{"project_id", project_id}});
}

void LoopMetrics::SetCredentialsExpiry(const std::string& project_id,
                                       double unix_seconds) {
  with_expiry_.insert(project_id);
  credentials_expiry_.Add({{"project_id", project_id}}).Set(unix_seconds);
}

void LoopMetrics::ForgetCredentialsExpiry(const std::string& project_id) {
  if (with_expiry_.erase(project_id) == 0) return;
  Forget(credentials_expiry_, {{"project_id", project_id}});
}

void LoopMetrics::ForgetCredentialsExpiryExcept(
    const std::set<std::string>& project_ids) {
  const std::set<std::string> shown = with_expiry_;
  for (const std::string& project_id : shown) {
    if (!project_ids.contains(project_id)) ForgetCredentialsExpiry(project_id);
  }
}

}  // namespace exporter
