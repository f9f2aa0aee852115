// Writes expositions for parsers_test.py to read: `random_exposition DIR SEED`
// fills DIR with
//   NAME.prom, NAME.om, NAME.om2   one exposition in all formats,
//   NAME.created                   the second with "…_created",
//   NAME.json                      the samples that it has, as a list of
//                                  [name, {label: value}, value as text].
// In OpenMetrics 2.0 those of a histogram or a summary are one.
// NAME is "small", "strict" and "usual" for ordinary collections and "random-N"
// for collections and own families with random names, labels and numbers.

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iostream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "expose/exposition.h"
#include "expose/process_metrics.h"
#include "expose/sample_collection.h"

namespace exporter {
namespace {

using nlohmann::json;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::map<std::string, std::string>;

class Chance {
 public:
  explicit Chance(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t Below(std::uint64_t end) { return engine_() % end; }
  bool Coin() { return Below(2) == 0; }

  std::string LabelValue() {
    static const std::vector<std::string> kPieces = {"a",
                                                     "Z",
                                                     "9",
                                                     " ",
                                                     "\\",
                                                     "\"",
                                                     "\n",
                                                     "\\n",
                                                     "{",
                                                     "}",
                                                     ",",
                                                     "=",
                                                     "#",
                                                     "\t",
                                                     "\r",
                                                     "é",
                                                     "数",
                                                     "😀",
                                                     "'",
                                                     "%",
                                                     "\x7F",
                                                     "\x01",
                                                     "\xC2\x85",
                                                     "\xE2\x80\xA8",
                                                     "\xEF\xBF\xBD",
                                                     "# EOF\n"};
    std::string value;
    for (std::uint64_t left = Below(12); left > 0; --left) {
      value += kPieces[Below(kPieces.size())];
    }
    return value;
  }

  std::string Name() {
    static constexpr char kLetters[] = "abcxyzABC_0123456789";
    std::string name(1, "abcxyzABC"[Below(9)]);
    for (std::uint64_t left = Below(8); left > 0; --left) {
      name += kLetters[Below(sizeof(kLetters) - 1)];
    }
    return name + "_z";  // So that it ends in no suffix that means something.
  }

  double Number() {
    switch (Below(6)) {
      case 0:
        return static_cast<double>(static_cast<std::int64_t>(engine_()));
      case 1:
        return static_cast<double>(Below(1000));
      case 2:
        return static_cast<double>(Below(1'000'000)) / 1000;
      case 3:
        return std::numeric_limits<double>::infinity();
      case 4:
        return -0.0;
      default: {
        const std::uint64_t bits = engine_();
        double number = 0;
        std::memcpy(&number, &bits, sizeof number);
        return number;
      }
    }
  }

  std::int64_t Integer() {
    return static_cast<std::int64_t>(engine_() >> (1 + Below(62)));
  }

 private:
  std::mt19937_64 engine_;
};

// The reference rendering: slow, obvious, and not the writer's.
std::string Text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char text[64];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

std::string Milliseconds(WallTime time) {
  return std::to_string(time.time_since_epoch().count()) + "e-3";
}

std::string Nanoseconds(std::chrono::steady_clock::duration duration) {
  return std::to_string(duration.count()) + "e-9";
}

struct Sample {
  std::string name;
  Labels labels;
  std::string value;
};

void AddSamplesOf(const Collection& collection, bool strict,
                  std::vector<Sample>& samples) {
  const std::string prefix = "modelarts_dataset_";
  for (const Reading& reading : collection.readings) {
    const Dataset& dataset = collection.catalogue->datasets[reading.dataset];
    const Labels identity = {
        {"project_id", std::string(dataset.key.project_id)},
        {"dataset_id", std::string(dataset.key.dataset_id)}};
    const auto add = [&](const std::string& name, const Labels& more,
                         const std::string& value) {
      Labels labels = identity;
      labels.insert(more.begin(), more.end());
      samples.push_back({prefix + name, labels, value});
    };
    Labels info(dataset.labels.begin(), dataset.labels.end());
    info["name"] = std::string(dataset.name);
    info["region"] = std::string(dataset.region);
    add("info", info, "1");
    add("query_success", {}, reading.status ? "1" : "0");
    add("query_duration_seconds", {}, Nanoseconds(reading.query_duration));
    if (reading.fetched) {
      add("last_query_timestamp_seconds", {}, Milliseconds(*reading.fetched));
    }
    if (reading.failure) {
      add("query_failure",
          {{"reason", std::string(ToLabel(reading.failure->kind))}}, "1");
    }
    if (!reading.status) continue;

    const SyncStatus& status = *reading.status;
    for (const SyncState state : kAllSyncStates) {
      add("sync_status",
          {{strict ? prefix + "sync_status" : "status",
            std::string(ToLabel(state))}},
          state == status.state ? "1" : "0");
    }
    if (status.total_samples) {
      add("samples", {}, std::to_string(*status.total_samples));
    }
    if (status.added_samples) {
      add("sync_added_samples", {}, std::to_string(*status.added_samples));
    }
    if (status.deleted_samples) {
      add("sync_deleted_samples", {}, std::to_string(*status.deleted_samples));
    }
    if (status.runtime) {
      add("sync_duration_seconds", {}, Text(status.runtime->count()));
    }
    if (status.created) {
      add("sync_creation_timestamp_seconds", {}, Milliseconds(*status.created));
    }
    if (status.state == SyncState::kFailed && !status.error_code.empty()) {
      add("sync_error", {{"error_code", std::string(status.error_code)}}, "1");
    }
    if (!reading.history) continue;
    add("sync_tasks_total", {{"status", "COMPLETED"}},
        std::to_string(reading.history->completed));
    add("sync_tasks_total", {{"status", "FAILED"}},
        std::to_string(reading.history->failed));
    if (reading.history->last_completed) {
      add("sync_last_completed_timestamp_seconds", {},
          Milliseconds(*reading.history->last_completed));
    }
  }
  samples.push_back({"modelarts_scrape_duration_seconds",
                     {},
                     Nanoseconds(collection.duration)});
  samples.push_back(
      {"modelarts_scrape_timeout_seconds", {}, Nanoseconds(collection.budget)});
  samples.push_back(
      {"modelarts_scrape_errors", {}, std::to_string(collection.errors)});
}

void AddSamplesOf(const MetricFamily& family, std::vector<Sample>& samples) {
  for (const ClientMetric& metric : family.metric) {
    Labels labels;
    for (const auto& [name, value] : metric.label) labels[name] = value;
    const auto add = [&](const std::string& suffix, const std::string& value) {
      samples.push_back({family.name + suffix, labels, value});
    };
    switch (family.type) {
      case MetricType::Counter:
        add("", Text(metric.counter.value));
        break;
      case MetricType::Gauge:
        add("", Text(metric.gauge.value));
        break;
      case MetricType::Untyped:
        add("", Text(metric.untyped.value));
        break;
      case MetricType::Summary:
        add("_sum", Text(metric.summary.sample_sum));
        add("_count", std::to_string(metric.summary.sample_count));
        for (const auto& [quantile, value] : metric.summary.quantile) {
          Labels more = labels;
          more["quantile"] = Text(quantile);
          samples.push_back({family.name, more, Text(value)});
        }
        break;
      case MetricType::Histogram:
        add("_sum", Text(metric.histogram.sample_sum));
        add("_count", std::to_string(metric.histogram.sample_count));
        for (const auto& [count, bound] : metric.histogram.bucket) {
          Labels more = labels;
          more["le"] = Text(bound);
          samples.push_back(
              {family.name + "_bucket", more, std::to_string(count)});
        }
        break;
    }
  }
}

Collection RandomCollection(Chance& chance) {
  auto catalogue = std::make_shared<Catalogue>();
  Collection collection;
  const std::size_t datasets = chance.Below(8);
  for (std::size_t i = 0; i < datasets; ++i) {
    Dataset dataset;
    // The number keeps the identities apart.
    dataset.key = {chance.LabelValue(),
                   std::to_string(i) + chance.LabelValue()};
    dataset.name = chance.LabelValue();
    dataset.region = chance.LabelValue();
    for (std::uint64_t left = chance.Below(3); left > 0; --left) {
      dataset.labels.emplace_back(chance.Name() + std::to_string(left),
                                  chance.LabelValue());
    }
    catalogue->datasets.push_back(dataset);

    Reading reading;
    reading.dataset = i;
    reading.query_duration = std::chrono::nanoseconds(chance.Integer());
    const auto time = [&] {
      return WallTime(std::chrono::milliseconds(chance.Integer()));
    };
    if (chance.Coin()) reading.fetched = time();
    if (chance.Below(4) == 0) {
      reading.failure = std::make_shared<const Error>(Error{
          kAllReasons[chance.Below(kAllReasons.size())], "", 0, "", "", ""});
      ++collection.errors;
    } else {
      SyncStatus status;
      status.state = kAllSyncStates[chance.Below(kAllSyncStates.size())];
      if (chance.Coin()) status.total_samples = chance.Integer();
      if (chance.Coin()) status.added_samples = chance.Integer();
      if (chance.Coin()) status.deleted_samples = chance.Integer();
      if (chance.Coin()) status.created = time();
      if (chance.Coin()) {
        status.runtime = std::chrono::duration<double>(chance.Number());
      }
      if (chance.Coin()) status.error_code = chance.LabelValue();
      reading.status = std::make_shared<const SyncStatus>(status);
      if (chance.Coin()) {
        reading.history =
            TaskHistory{time(), chance.Below(1000), chance.Below(1000), {}};
        if (chance.Coin()) reading.history->last_completed = time();
      }
    }
    collection.readings.push_back(reading);
  }
  collection.catalogue = std::move(catalogue);
  collection.duration = std::chrono::nanoseconds(chance.Integer());
  collection.budget = std::chrono::nanoseconds(chance.Integer());
  return collection;
}

ClientMetric RandomMetric(MetricType type, Chance& chance) {
  ClientMetric metric;
  switch (type) {
    case MetricType::Counter:
      metric.counter.value = static_cast<double>(chance.Integer()) / 8;
      break;
    case MetricType::Gauge:
      metric.gauge.value = chance.Number();
      break;
    case MetricType::Untyped:
      metric.untyped.value = chance.Number();
      break;
    case MetricType::Summary:
      metric.summary.sample_count = chance.Below(1000);
      metric.summary.sample_sum = static_cast<double>(chance.Below(1000)) / 8;
      metric.summary.quantile = {{0.5, 0.25}, {0.99, 1}, {1, 17}};
      break;
    case MetricType::Histogram: {
      double bound = 0;
      std::uint64_t count = 0;
      for (std::uint64_t left = chance.Below(5); left > 0; --left) {
        bound += static_cast<double>(1 + chance.Below(4'000'000)) / 8;
        count += chance.Below(50);
        metric.histogram.bucket.push_back({count, bound});
      }
      metric.histogram.bucket.push_back(
          {count, std::numeric_limits<double>::infinity()});
      metric.histogram.sample_count = count;
      metric.histogram.sample_sum = static_cast<double>(count) / 3;
      break;
    }
  }
  return metric;
}

std::vector<MetricFamily> RandomFamilies(Chance& chance) {
  std::vector<MetricFamily> families;
  const std::uint64_t count = chance.Below(6);
  for (std::uint64_t i = 0; i < count; ++i) {
    constexpr MetricType kTypes[] = {MetricType::Counter, MetricType::Gauge,
                                     MetricType::Untyped, MetricType::Summary,
                                     MetricType::Histogram};
    const MetricType type = kTypes[chance.Below(5)];
    MetricFamily family;
    family.name = chance.Name() + std::to_string(i) +
                  (chance.Coin() ? "_seconds" : "") +
                  (type == MetricType::Counter ? "_total" : "");
    family.help = chance.LabelValue();
    // No line may end in a carriage return.
    if (!family.help.empty()) family.help += '.';
    family.type = type;
    const std::string label = chance.Name();
    const std::uint64_t metrics = chance.Below(4);
    for (std::uint64_t k = 0; k < metrics; ++k) {
      ClientMetric metric = RandomMetric(type, chance);
      metric.label = {{label, std::to_string(k) + chance.LabelValue()}};
      family.metric.push_back(metric);
    }
    families.push_back(family);
  }
  return families;
}

void WriteCase(const std::string& path, const Collection& collection,
               bool strict, const std::vector<MetricFamily>& own) {
  const Exposition exposition(strict, WallTime(std::chrono::days(20'000)));
  std::ofstream(path + ".prom")
      << Written(exposition, collection, Format::kText, own);
  std::ofstream(path + ".om")
      << Written(exposition, collection, Format::kOpenMetrics, own);
  std::ofstream(path + ".om2")
      << Written(exposition, collection, Format::kOpenMetrics2, own);

  std::ofstream(path + ".created")
      << Written(Exposition(strict, WallTime(std::chrono::days(20'000)), true),
                 collection, Format::kOpenMetrics, own);

  std::vector<Sample> samples;
  AddSamplesOf(collection, strict, samples);
  for (const MetricFamily& family : own) AddSamplesOf(family, samples);
  json list = json::array();
  for (const auto& [name, labels, value] : samples) {
    list.push_back({name, labels, value});
  }
  std::ofstream(path + ".json") << list;
}

}  // namespace
}  // namespace exporter

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: random_exposition DIR SEED\n";
    return 2;
  }
  const std::string folder = std::string(argv[1]) + "/";
  exporter::Chance chance(std::stoull(argv[2]));
  const auto process = exporter::ProcessMetrics().Read();
  exporter::WriteCase(folder + "small", exporter::SmallCase(), false, process);
  exporter::WriteCase(folder + "strict", exporter::SmallCase(), true, process);
  exporter::WriteCase(folder + "usual", exporter::UsualCase(200), false,
                      process);
  for (int i = 0; i < 300; ++i) {
    const exporter::Collection collection = exporter::RandomCollection(chance);
    exporter::WriteCase(folder + "random-" + std::to_string(i), collection,
                        chance.Coin(), exporter::RandomFamilies(chance));
  }
  return 0;
}
