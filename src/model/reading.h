// Says what one collection knows of its datasets: the value that collect makes
// and expose and serve show.

#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/packed_optional.h"
#include "model/dataset.h"
#include "model/sync_status.h"

namespace exporter {

// The tasks of a dataset that this process saw end.
struct TaskHistory {
  WallTime begin;  // Since when they are counted: the first answer.
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  PackedOptional<WallTime> last_completed;  // End of the last COMPLETED one.

  bool operator==(const TaskHistory&) const = default;
};

struct Reading {
  std::size_t dataset = 0;  // Index into the collection's catalogue.

  // Exactly one of both is there. Shared with the memory of the collector, so
  // that thousands of readings cost no copies; never changed.
  std::shared_ptr<const SyncStatus> status;
  std::shared_ptr<const Error> failure;

  // Why the query failed where an older `status` stands in for its answer, as
  // max_stale allows; else null.
  std::shared_ptr<const Error> bridged;

  // What the query took, retries and waiting included; when the answer was used
  // again, what it took back then.
  std::chrono::steady_clock::duration query_duration{};
  PackedOptional<WallTime>
      fetched;  // Of the last good answer, if there was one.
  std::optional<TaskHistory> history;  // None until the dataset was seen.
};

// The latest outcomes of a dataset, for the eye.
class OutcomeTrail {
 public:
  static constexpr std::size_t kMost = 50;

  // `state` is none for a query that failed.
  void Add(std::optional<SyncState> state) {
    std::uint8_t& two = ring_[next_ / 2];
    const int shift = next_ % 2 * 4;
    const int outcome = state ? static_cast<int>(*state) : kFailure;
    two = static_cast<std::uint8_t>((two & ~(kMask << shift)) |
                                    (outcome << shift));
    next_ = static_cast<std::uint8_t>((next_ + 1) % kMost);
    size_ = std::min<std::uint8_t>(size_ + 1, kMost);
  }

  [[nodiscard]] std::size_t Size() const { return size_; }

  // The outcome number `i`, oldest first. REQUIRES: i < Size().
  [[nodiscard]] std::optional<SyncState> At(std::size_t i) const {
    const std::size_t place = (next_ + kMost - size_ + i) % kMost;
    const int outcome = ring_[place / 2] >> (place % 2 * 4) & kMask;
    if (outcome == kFailure) return std::nullopt;
    return static_cast<SyncState>(outcome);
  }

 private:
  static constexpr int kFailure = 15;
  static constexpr int kMask = 15;
  static_assert(kAllSyncStates.size() <= kFailure);

  // Half a byte each: there is one of these for every dataset.
  std::array<std::uint8_t, kMost / 2> ring_{};
  std::uint8_t next_ = 0;
  std::uint8_t size_ = 0;
};

struct Collection {
  std::shared_ptr<const Catalogue> catalogue;
  std::vector<Reading> readings;  // In the order of the catalogue.
  std::chrono::steady_clock::duration duration{};  // It took so long,
  std::chrono::steady_clock::duration budget{};    // and had so long.
  std::size_t errors = 0;  // Readings that are failures.
};

// What is remembered, for people: to look at it asks the cloud nothing.
struct Overview {
  struct Row {
    Reading reading;  // `status` and `failure` both null: never asked.
    std::shared_ptr<const SyncStatus> last_good;  // Also behind a failure.
    OutcomeTrail trail;
  };

  // The last listing of a project's datasets failed.
  struct ListingFailure {
    std::string project_id;
    std::shared_ptr<const Error> error;
  };

  std::shared_ptr<const Catalogue> catalogue;
  std::vector<Row> rows;                // In the order of the catalogue.
  std::optional<WallTime> last_scrape;  // End of the last whole scrape,
  std::chrono::steady_clock::duration scrape_duration{};  // which took so long
  std::chrono::steady_clock::duration scrape_budget{};    // of so long.
  std::vector<ListingFailure> listing_failures;           // By project_id.
  // The projects that were never listed, so that `rows` may lack some of
  // theirs: not known is not none.
  std::vector<std::string> never_listed;
};

}  // namespace exporter
