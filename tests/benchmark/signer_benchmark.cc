// What it costs to sign the request of one query.

#include <benchmark/benchmark.h>

#include <chrono>

#include "auth/signer.h"
#include "model/dataset.h"
#include "modelarts/requests.h"

namespace exporter {
namespace {

void BM_Sign(benchmark::State& state) {
  const SigningKey key{.id = Secret("QTWAOYTTINDUT2QVKYUC"),
                       .secret = Secret("no-key-of-anybody-but-as-long-as-one"),
                       .security_token = Secret()};
  const HttpRequest request = AskModelArts(
      SyncStatusUrl(
          "https://modelarts.cn-north-4.myhuaweicloud.com",
          {"77b6a44cba5143ab91d13ab9a8ff44fd", "gfghHSokody6AJigS5A"}),
      "77b6a44cba5143ab91d13ab9a8ff44fd");
  const WallTime now(std::chrono::milliseconds(1'606'114'833'874));
  for (auto _ : state) {
    HttpRequest proved = Sign(request, key, now);
    benchmark::DoNotOptimize(proved);
  }
}
BENCHMARK(BM_Sign);

}  // namespace
}  // namespace exporter
