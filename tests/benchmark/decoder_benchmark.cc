// What it costs to read the reply to one query, against nlohmann's own tree of
// the same reply.

#include <benchmark/benchmark.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "modelarts/decode.h"

namespace exporter {
namespace {

const std::string& Reply() {
  static const std::string reply =
      R"({"dataset_id":"gfghHSokody6AJigS5A","status":"FAILED",)"
      R"("total_sample_count":1048576,"add_sample_count":4096,)"
      R"("deleted_sample_count":17,"create_time":1606114833874,)"
      R"("duration_time":37,"task_id":"7d2a2a5c0f6b4f2f",)"
      R"("error_code":"ModelArts.4360","error_msg":"Sync failed"})";
  return reply;
}

void CountBytes(benchmark::State& state) {
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(Reply().size()));
}

void BM_DecodeSyncStatus(benchmark::State& state) {
  for (auto _ : state) {
    auto status = DecodeSyncStatus(Reply(), DurationUnit::kSeconds);
    if (!status) state.SkipWithError("the reply is refused");
    benchmark::DoNotOptimize(status);
  }
  CountBytes(state);
}
BENCHMARK(BM_DecodeSyncStatus);

void BM_JsonTree(benchmark::State& state) {
  for (auto _ : state) {
    auto json = nlohmann::json::parse(Reply());
    benchmark::DoNotOptimize(json);
  }
  CountBytes(state);
}
BENCHMARK(BM_JsonTree);

// A full page of the list.
void BM_DecodeDatasetList(benchmark::State& state) {
  std::string body = R"({"total_number":100,"datasets":[)";
  for (int i = 0; i < 100; ++i) {
    if (i > 0) body += ',';
    body += R"({"dataset_id":"gfghHSokody6AJigS5A","dataset_name":"prod-)" +
            std::to_string(i) +
            R"(","dataset_type":0,"data_sources":[{"data_type":0}]})";
  }
  body += "]}";
  for (auto _ : state) {
    auto page = DecodeDatasetList(body);
    if (!page) state.SkipWithError("the page is refused");
    benchmark::DoNotOptimize(page);
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<std::int64_t>(body.size()));
}
BENCHMARK(BM_DecodeDatasetList);

}  // namespace
}  // namespace exporter
