// What one collection says about its datasets: the value that collect makes and
// expose and serve show.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "model/dataset.h"
#include "model/sync_status.h"

namespace exporter {

// The tasks of a dataset that this process saw end.
struct TaskHistory {
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::optional<WallTime> last_completed;  // End of the last COMPLETED one.

  bool operator==(const TaskHistory&) const = default;
};

struct Reading {
  std::size_t dataset = 0;  // Index into the collection's catalogue.

  // Exactly one of both is there. Shared with the memory of the collector, so
  // that thousands of readings cost no copies; never changed.
  std::shared_ptr<const SyncStatus> status;
  std::shared_ptr<const Error> failure;

  // What the query took, retries and waiting included; when the answer was used
  // again, what it took back then.
  std::chrono::steady_clock::duration query_duration{};
  std::optional<WallTime>
      fetched;  // Of the last good answer, if there was one.
  std::optional<TaskHistory> history;  // None until the dataset was seen.
};

struct Collection {
  std::shared_ptr<const Catalogue> catalogue;
  std::vector<Reading> readings;  // In the order of the catalogue.
  std::chrono::steady_clock::duration duration{};  // It took so long,
  std::chrono::steady_clock::duration budget{};    // and had so long.
  std::size_t errors = 0;  // Readings that are failures.
};

}  // namespace exporter
