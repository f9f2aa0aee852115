// Counts every allocation of the test program, to show that none of them is
// made for a sample.

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "expose/exposition.h"
#include "expose/own_families.h"
#include "expose/sample_collection.h"

namespace {

std::atomic<std::size_t> allocations = 0;
std::atomic<std::size_t> allocated_bytes = 0;

}  // namespace

// Not inlined, or GCC 12 sees a free() of what new made and warns of it.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  allocated_bytes += size;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace exporter {
namespace {

constexpr std::array kAllFormats = {Format::kText, Format::kOpenMetrics,
                                    Format::kOpenMetrics2};

struct Cost {
  std::size_t allocations;
  std::size_t bytes;
  std::size_t written;
};

// Of the body, the labels of which are rendered.
Cost CostOfAScrape(const Collection& collection, Format format,
                   bool created = false) {
  const Exposition exposition(false, std::nullopt, created);
  const auto shared = std::make_shared<const Collection>(collection);
  std::string piece;
  (void)exposition.Write(shared, format)(piece);  // Renders the labels.

  const std::size_t allocations_before = allocations;
  const std::size_t bytes_before = allocated_bytes;
  std::size_t written = 0;
  const BodySource source = exposition.Write(shared, format);
  std::string reused;
  for (bool more = true; more;) {
    reused.clear();
    more = source(reused);
    written += reused.size();
  }
  return {allocations - allocations_before, allocated_bytes - bytes_before,
          written};
}

// The source, what holds it, and a piece.
constexpr std::size_t kForABody = 3;

TEST(AllocationTest, IsOnePieceHoweverManyTheSamples) {
  for (const Format format : kAllFormats) {
    for (const bool created : {false, true}) {
      for (const std::size_t datasets : {1U, 10U, 10'000U}) {
        const Cost cost = CostOfAScrape(UsualCase(datasets), format, created);
        EXPECT_LE(cost.allocations, kForABody) << datasets;
        EXPECT_LT(cost.bytes, kPieceBytes / 8 * 10) << datasets;
        EXPECT_GT(cost.written, datasets * 1000);
      }
    }
  }
}

// Each value as long as it gets.
Collection WorstCase(std::size_t datasets, std::size_t code_size) {
  Collection collection = UsualCase(datasets);
  auto catalogue = std::make_shared<Catalogue>(*collection.catalogue);
  for (Dataset& dataset : catalogue->datasets) {
    dataset.key.dataset_id =
        std::string(dataset.key.dataset_id) + std::string(1000, '"');
  }
  collection.catalogue = std::move(catalogue);

  SyncStatus status;
  status.state = SyncState::kFailed;
  status.total_samples = INT64_MIN;
  status.added_samples = INT64_MIN;
  status.deleted_samples = INT64_MIN;
  status.created = WallTime::min();
  status.runtime = std::chrono::duration<double>(-1.2345678901234567e-300);
  status.error_code = std::string(code_size, '\n');
  for (Reading& reading : collection.readings) {
    reading.history = {WallTime::min(), INT64_MAX, INT64_MAX, WallTime::min()};
    reading.fetched = WallTime::min();
    reading.query_duration = std::chrono::steady_clock::duration::min();
    if (reading.dataset % 2 == 0) {
      reading.status = nullptr;
      reading.failure = std::make_shared<const Error>(
          Error{ErrorKind::kApiUnavailable, "", 0, "", "", ""});
    } else {
      reading.status = std::make_shared<const SyncStatus>(status);
    }
  }
  return collection;
}

// A piece that such a dataset ends is larger than usual, and grows once.
TEST(AllocationTest, IsOneMoreForTheWorstCase) {
  for (const std::size_t code_size : {1U, 5000U}) {
    for (const Format format : kAllFormats) {
      for (const bool created : {false, true}) {
        EXPECT_LE(CostOfAScrape(WorstCase(100, code_size), format, created)
                      .allocations,
                  kForABody + 1);
      }
    }
  }
}

TEST(AllocationTest, IsNoneForOwnFamiliesInAReservedString) {
  prometheus::MetricFamily family = {
      "a_seconds", "A.", prometheus::MetricType::Histogram, {}};
  for (int i = 0; i < 100; ++i) {
    prometheus::ClientMetric metric;
    metric.label = {{"operation", "status-" + std::to_string(i)}};
    metric.histogram.bucket = {{1, 0.1}, {2, 1}};
    family.metric.push_back(metric);
  }
  for (const Format format : kAllFormats) {
    std::string out;
    out.reserve(100'000);
    TextWriter writer(format, out);

    const std::size_t before = allocations;
    WriteFamily(family, writer, WallTime());

    EXPECT_EQ(allocations - before, 0U);
    EXPECT_GT(out.size(), 7'000U);
  }
}

}  // namespace
}  // namespace exporter
