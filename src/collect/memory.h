// What is remembered of one dataset from query to query. Pure.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/packed_optional.h"
#include "base/shared_text.h"
#include "collect/instant.h"
#include "model/memory_limits.h"
#include "model/reading.h"
#include "model/sync_status.h"

namespace exporter {

// Counts the tasks that end, each once: two answers speak of the same task if
// their task_id is the same, else their create_time. Where they cannot be
// compared, an end is another task's if something that had not ended was seen
// since the last one.
class TaskCounter {
 public:
  // Whether `status` is of a task before the newest that was observed: created
  // before it, or one of the last eight that others have followed. Such answers
  // come from a replica that lags behind.
  [[nodiscard]] bool IsOfEarlierTask(const SyncStatus& status) const;

  // REQUIRES: it is not of an earlier task.
  void Observe(const SyncStatus& status, WallTime now);

  // From here on the task of `status` is the newest one, whatever was observed
  // before. Counts nothing.
  void BeginAgainWith(const SyncStatus& status);

  // None until something was observed.
  [[nodiscard]] const std::optional<TaskHistory>& History() const {
    return history_;
  }

 private:
  // What tells a task from others; either may be unknown.
  struct Identity {
    SharedText id;
    PackedOptional<WallTime> created;
  };
  enum class Likeness { kSame, kOther, kUnknown };
  static Likeness Compare(const Identity& a, const Identity& b);

  std::optional<TaskHistory> history_;
  // Of the tasks before `task_`, oldest first. No deque: an empty one has 576
  // bytes.
  std::vector<SharedText> earlier_ids_;
  PackedOptional<WallTime> newest_creation_;  // Of all tasks.
  Identity task_;                             // The task observed last,
  std::optional<SyncState> ended_;  // and how it ended, if that was counted.
  bool goes_on_ = false;  // The last answer spoke of no task that had ended.
};

// Not safe for concurrent use.
class Memory {
 public:
  // An answer about an earlier task is none for a quarter of an hour: what was
  // good before still is. If no other comes until then, it is believed.
  void Succeeded(SyncStatus status, Instant now, SteadyDuration took);

  // `asked`: the failure is the cloud's answer or silence; otherwise we never
  // asked, so that there is nothing to use again.
  void Failed(std::shared_ptr<const Error> error, bool asked, Instant now,
              SteadyDuration took);

  // Whether the last outcome is young enough to be used again at `now`.
  [[nodiscard]] bool IsFresh(const MemoryLimits& limits, SteadyTime now) const;

  // The last outcome as a reading of `dataset`, with the last good answer in
  // the place of a failure where `limits` allows it. REQUIRES: there was an
  // outcome.
  [[nodiscard]] Reading Read(std::size_t dataset, const MemoryLimits& limits,
                             SteadyTime now) const;

  // The same, had the last outcome been `failure`.
  [[nodiscard]] Reading ReadFailure(std::size_t dataset,
                                    std::shared_ptr<const Error> failure,
                                    SteadyDuration took,
                                    const MemoryLimits& limits,
                                    SteadyTime now) const;

  [[nodiscard]] bool HasOutcome() const { return ended_at_.has_value(); }
  // Of the last outcome. REQUIRES: there was one.
  [[nodiscard]] SteadyDuration Age(SteadyTime now) const {
    return now - *ended_at_;
  }
  // Null if there was none.
  [[nodiscard]] const std::shared_ptr<const SyncStatus>& LastGood() const {
    return good_;
  }
  [[nodiscard]] const OutcomeTrail& Trail() const { return trail_; }

 private:
  std::shared_ptr<const SyncStatus> good_;  // The last good answer,
  Instant good_at_{};                       // and when it came.
  std::shared_ptr<const Error> failure_;  // Of the last outcome, if it failed.
  PackedOptional<SteadyTime> ended_at_;   // Of the last outcome.
  SteadyDuration took_{};
  TaskCounter tasks_;
  // Since when all answers were about earlier tasks.
  PackedOptional<SteadyTime> lagging_since_;
  OutcomeTrail trail_;
  bool asked_ = false;  // For the last outcome.
};

}  // namespace exporter
