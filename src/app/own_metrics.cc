#include "app/own_metrics.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/time_format.h"
#include "base/version.h"

namespace exporter {
namespace {

constexpr std::string_view kPrefix = "modelarts_exporter_";

// As the documentation lists them; what is not listed comes after these.
constexpr auto kOrder = std::to_array<std::string_view>(
    {"build_info",
     "config_last_reload_successful",
     "config_last_reload_success_timestamp_seconds",
     "config_reloads_total",
     "config_reload_failures_total",
     "config_datasets",
     "config_hash",
     "discovery_datasets",
     "discovery_last_success_timestamp_seconds",
     "shard",
     "shards",
     "api_requests_total",
     "api_responses_total",
     "api_request_failures_total",
     "api_retries_total",
     "api_request_duration_seconds",
     "api_requests_in_flight",
     "api_throttle_wait_seconds_total",
     "odd_fields_total",
     "credentials_expiry_timestamp_seconds",
     "cache_requests_total",
     "cache_hits_total",
     "http_requests_total",
     "log_messages_total",
     "log_messages_dropped_total"});

std::size_t Rank(const prometheus::MetricFamily& family) {
  std::string_view name = family.name;
  if (name.substr(0, kPrefix.size()) != kPrefix) return kOrder.size();
  name.remove_prefix(kPrefix.size());
  return static_cast<std::size_t>(
      std::find(kOrder.begin(), kOrder.end(), name) - kOrder.begin());
}

prometheus::Gauge& AddGauge(prometheus::Registry& registry,
                            const std::string& name, const std::string& help) {
  return prometheus::BuildGauge()
      .Name(std::string(kPrefix) + name)
      .Help(help)
      .Register(registry)
      .Add({});
}

prometheus::Counter& AddCounter(prometheus::Registry& registry,
                                const std::string& name,
                                const std::string& help) {
  return prometheus::BuildCounter()
      .Name(std::string(kPrefix) + name)
      .Help(help)
      .Register(registry)
      .Add({});
}

prometheus::MetricFamily CounterFamily(std::string_view name,
                                       std::string_view help) {
  prometheus::MetricFamily family;
  family.name = std::string(kPrefix).append(name);
  family.help = help;
  family.type = prometheus::MetricType::Counter;
  return family;
}

void AddSample(prometheus::MetricFamily& family,
               std::vector<prometheus::ClientMetric::Label> labels,
               std::uint64_t value) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = static_cast<double>(value);
  family.metric.push_back(std::move(metric));
}

// What is counted where it is logged, below any registry.
void AddLogFamilies(std::vector<prometheus::MetricFamily>& families) {
  auto messages =
      CounterFamily("log_messages_total", "Log messages, by level.");
  for (const LogLevel level : kAllLogLevels) {
    AddSample(messages, {{"level", std::string(ToLabel(level))}},
              LoggedMessages(level));
  }
  families.push_back(std::move(messages));
  auto dropped = CounterFamily("log_messages_dropped_total",
                               "Log messages that stderr did not take.");
  AddSample(dropped, {}, DroppedLogMessages());
  families.push_back(std::move(dropped));
}

}  // namespace

OwnMetrics::OwnMetrics(prometheus::Registry& registry)
    : registry_(registry),
      reload_successful_(
          AddGauge(registry, "config_last_reload_successful",
                   "Whether the last try to load the configuration "
                   "succeeded.")),
      reload_success_time_(
          AddGauge(registry, "config_last_reload_success_timestamp_seconds",
                   "Unix time at which the configuration in force was "
                   "loaded.")),
      reloads_(AddCounter(registry, "config_reloads_total",
                          "Tries to reload the configuration.")),
      reload_failures_(AddCounter(registry, "config_reload_failures_total",
                                  "Reloads that were refused.")),
      config_hash_(AddGauge(registry, "config_hash",
                            "A number from the configuration in force, equal "
                            "on replicas that agree.")) {
  prometheus::BuildGauge()
      .Name(std::string(kPrefix) + "build_info")
      .Help("Version, revision and compiler of the program.")
      .Register(registry)
      .Add({{"version", std::string(Version())},
            {"revision", std::string(Revision())},
            {"compiler", std::string(Compiler())}})
      .Set(1);
}

void OwnMetrics::Loaded(std::uint64_t config_hash, WallTime when) {
  reload_successful_.Set(1);
  reload_success_time_.Set(ToUnixSeconds(when));
  config_hash_.Set(static_cast<double>(config_hash));
}

void OwnMetrics::Reloaded(std::uint64_t config_hash, WallTime when) {
  reloads_.Increment();
  Loaded(config_hash, when);
}

void OwnMetrics::ReloadFailed() {
  reloads_.Increment();
  reload_failures_.Increment();
  reload_successful_.Set(0);
}

std::vector<prometheus::MetricFamily> OwnMetrics::Collect() const {
  std::vector<prometheus::MetricFamily> families = registry_.Collect();
  AddLogFamilies(families);
  std::stable_sort(
      families.begin(), families.end(),
      [](const auto& a, const auto& b) { return Rank(a) < Rank(b); });
  for (prometheus::MetricFamily& family : process_.Read()) {
    families.push_back(std::move(family));
  }
  return families;
}

}  // namespace exporter
