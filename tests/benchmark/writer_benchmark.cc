// What a scrape costs to write, against prometheus-cpp's own TextSerializer on
// the same series: 1,000 datasets, unless the name says otherwise.

#include <benchmark/benchmark.h>
#include <prometheus/text_serializer.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "expose/exposition.h"
#include "expose/families.h"
#include "expose/own_families.h"
#include "expose/sample_collection.h"

namespace exporter {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// The series of `collection` as prometheus-cpp's values.
std::vector<MetricFamily> AsFamilies(const Collection& collection) {
  std::vector<MetricFamily> families;
  const auto family = [&](const Family& head) -> MetricFamily& {
    families.push_back({std::string(head.name),
                        std::string(head.help),
                        head.type == FamilyType::kCounter ? MetricType::Counter
                                                          : MetricType::Gauge,
                        {}});
    return families.back();
  };
  const auto each = [&](const Family& head, const auto& add) {
    MetricFamily& into = family(head);
    for (const Reading& reading : collection.readings) {
      const DatasetKey& key =
          collection.catalogue->datasets[reading.dataset].key;
      const auto sample = [&](double value,
                              std::vector<ClientMetric::Label> more = {}) {
        ClientMetric metric;
        metric.label = {{"project_id", std::string(key.project_id)},
                        {"dataset_id", std::string(key.dataset_id)}};
        metric.label.insert(metric.label.end(), more.begin(), more.end());
        (into.type == MetricType::Counter ? metric.counter.value
                                          : metric.gauge.value) = value;
        into.metric.push_back(std::move(metric));
      };
      add(reading, *reading.status, sample);
    }
  };
  const auto seconds = [](WallTime time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
  };
  const auto number = [](std::int64_t count) {
    return static_cast<double>(count);
  };

  each(kSyncStatusFamily,
       [&](const Reading&, const SyncStatus& status, const auto& sample) {
         for (const SyncState state : kAllSyncStates) {
           sample(state == status.state ? 1 : 0,
                  {{"status", std::string(ToLabel(state))}});
         }
       });
  each(kSamplesFamily,
       [&](const Reading&, const SyncStatus& status, const auto& sample) {
         sample(number(*status.total_samples));
       });
  each(kAddedSamplesFamily,
       [&](const Reading&, const SyncStatus& status, const auto& sample) {
         sample(number(*status.added_samples));
       });
  each(kDeletedSamplesFamily,
       [&](const Reading&, const SyncStatus& status, const auto& sample) {
         sample(number(*status.deleted_samples));
       });
  each(kSyncDurationFamily,
       [&](const Reading&, const SyncStatus& status, const auto& sample) {
         sample(status.runtime->count());
       });
  each(kCreationFamily,
       [&](const Reading&, const SyncStatus& status, const auto& sample) {
         sample(seconds(*status.created));
       });
  each(kSyncErrorFamily,
       [&](const Reading&, const SyncStatus& status, const auto& sample) {
         if (status.state != SyncState::kFailed) return;
         sample(1, {{"error_code", std::string(status.error_code)}});
       });
  each(kLastCompletedFamily,
       [&](const Reading& reading, const SyncStatus&, const auto& sample) {
         sample(seconds(*reading.history->last_completed));
       });
  each(kSyncTasksFamily,
       [&](const Reading& reading, const SyncStatus&, const auto& sample) {
         sample(static_cast<double>(reading.history->completed),
                {{"status", "COMPLETED"}});
         sample(static_cast<double>(reading.history->failed),
                {{"status", "FAILED"}});
       });
  each(kInfoFamily, [&](const Reading& reading, const SyncStatus&,
                        const auto& sample) {
    const Dataset& dataset = collection.catalogue->datasets[reading.dataset];
    sample(1, {{"name", std::string(dataset.name)},
               {"region", std::string(dataset.region)}});
  });
  each(kQuerySuccessFamily, [&](const Reading&, const SyncStatus&,
                                const auto& sample) { sample(1); });
  each(kQueryDurationFamily,
       [&](const Reading& reading, const SyncStatus&, const auto& sample) {
         sample(std::chrono::duration<double>(reading.query_duration).count());
       });
  each(kLastQueryFamily,
       [&](const Reading& reading, const SyncStatus&, const auto& sample) {
         sample(seconds(*reading.fetched));
       });
  const auto alone = [&](const Family& head, double value) {
    ClientMetric metric;
    metric.gauge.value = value;
    family(head).metric.push_back(metric);
  };
  alone(kScrapeDurationFamily,
        std::chrono::duration<double>(collection.duration).count());
  alone(kScrapeTimeoutFamily,
        std::chrono::duration<double>(collection.budget).count());
  alone(kScrapeErrorsFamily, number(static_cast<int>(collection.errors)));
  return families;
}

void Count(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(bytes));
  state.counters["bytes"] = static_cast<double>(bytes);
}

// The bytes of all pieces.
std::size_t Make(const BodySource& source) {
  std::size_t bytes = 0;
  std::string piece;
  for (bool more = true; more;) {
    piece.clear();
    more = source(piece);
    bytes += piece.size();
    benchmark::DoNotOptimize(piece.data());
  }
  return bytes;
}

// What a scrape does.
void BM_Exposition(benchmark::State& state, Format format) {
  const auto collection = std::make_shared<const Collection>(
      UsualCase(static_cast<std::size_t>(state.range(0))));
  const Exposition exposition(false);
  std::size_t bytes = 0;
  for (auto _ : state) {
    bytes = Make(exposition.Write(collection, format));
  }
  Count(state, bytes);
}
BENCHMARK_CAPTURE(BM_Exposition, Text, Format::kText)
    ->Arg(1)
    ->Arg(100)
    ->Arg(1'000)
    ->Arg(10'000);
BENCHMARK_CAPTURE(BM_Exposition, OpenMetrics, Format::kOpenMetrics)->Arg(1'000);
BENCHMARK_CAPTURE(BM_Exposition, OpenMetrics2, Format::kOpenMetrics2)
    ->Arg(1'000);

// The first scrape after the catalogue changed: renders the labels too.
void BM_ExpositionOfANewCatalogue(benchmark::State& state) {
  const auto collection = std::make_shared<const Collection>(UsualCase(1'000));
  std::size_t bytes = 0;
  for (auto _ : state) {
    bytes = Make(Exposition(false).Write(collection, Format::kText));
  }
  Count(state, bytes);
}
BENCHMARK(BM_ExpositionOfANewCatalogue);

// The same series without anything rendered before, as the exporter's own
// metrics are written.
void BM_WriteFamily(benchmark::State& state) {
  const std::vector<MetricFamily> families = AsFamilies(UsualCase(1'000));
  std::size_t bytes = 0;
  for (auto _ : state) {
    std::string body;
    TextWriter writer(Format::kText, body);
    for (const MetricFamily& family : families) WriteFamily(family, writer);
    bytes = body.size();
    benchmark::DoNotOptimize(body.data());
  }
  Count(state, bytes);
}
BENCHMARK(BM_WriteFamily);

void BM_TextSerializer(benchmark::State& state) {
  const std::vector<MetricFamily> families = AsFamilies(UsualCase(1'000));
  const prometheus::TextSerializer serializer;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string body = serializer.Serialize(families);
    bytes = body.size();
    benchmark::DoNotOptimize(body.data());
  }
  Count(state, bytes);
}
BENCHMARK(BM_TextSerializer);

}  // namespace
}  // namespace exporter
