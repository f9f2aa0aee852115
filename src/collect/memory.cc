#include "collect/memory.h"

#include <algorithm>
#include <utility>

namespace exporter {
namespace {

bool HasEnded(SyncState state) {
  return state == SyncState::kCompleted || state == SyncState::kFailed;
}

std::string TaskOf(const SyncStatus& status) {
  if (!status.task_id.empty()) return "id " + status.task_id;
  if (status.created) {
    return "at " + std::to_string(status.created->time_since_epoch().count());
  }
  return "";
}

// A unit that was configured wrongly, or a clock ahead of ours, must not move
// the end of a task that is over into the future.
WallTime EndOf(const SyncStatus& status, WallTime now) {
  if (!status.created || !status.runtime) return now;
  const std::chrono::duration<double> left = now - *status.created;
  if (*status.runtime >= left) return now;
  return *status.created +
         std::chrono::round<std::chrono::milliseconds>(*status.runtime);
}

}  // namespace

void TaskCounter::Observe(const SyncStatus& status, WallTime now) {
  const bool first = !history_.has_value();
  if (first) history_.emplace();
  const std::string task = TaskOf(status);
  const bool another = !task.empty() && !task_.empty() && task != task_;
  const bool ended = HasEnded(status.state);
  const bool news = ended && (first || another || !had_ended_);
  if (news && !first) {
    ++(status.state == SyncState::kCompleted ? history_->completed
                                             : history_->failed);
  }
  if (news && status.state == SyncState::kCompleted) {
    history_->last_completed = EndOf(status, now);
  }
  if (!task.empty() || !ended) task_ = task;
  had_ended_ = ended;
}

void Memory::Succeeded(std::shared_ptr<const SyncStatus> status, Instant now,
                       SteadyDuration took) {
  tasks_.Observe(*status, now.wall);
  trail_.Add(status->state);
  good_ = std::move(status);
  good_at_ = now;
  failure_.reset();
  ended_at_ = now.steady;
  ended_wall_ = now.wall;
  asked_ = true;
  took_ = took;
}

void Memory::Failed(std::shared_ptr<const Error> error, bool asked, Instant now,
                    SteadyDuration took) {
  trail_.Add(std::nullopt);
  failure_ = std::move(error);
  ended_at_ = now.steady;
  ended_wall_ = now.wall;
  asked_ = asked;
  took_ = took;
}

bool Memory::IsFresh(const MemoryLimits& limits, SteadyTime now) const {
  if (!ended_at_ || !asked_) return false;
  const bool active = failure_ || IsActive(good_->state);
  const auto interval =
      active ? limits.min_interval_active : limits.min_interval_settled;
  return now - *ended_at_ < interval;
}

Reading Memory::Read(std::size_t dataset, const MemoryLimits& limits,
                     SteadyTime now) const {
  if (failure_) return ReadFailure(dataset, failure_, took_, limits, now);
  return {.dataset = dataset,
          .status = good_,
          .failure = nullptr,
          .query_duration = took_,
          .fetched = good_at_.wall,
          .history = tasks_.History()};
}

Reading Memory::ReadFailure(std::size_t dataset,
                            std::shared_ptr<const Error> failure,
                            SteadyDuration took, const MemoryLimits& limits,
                            SteadyTime now) const {
  Reading reading{.dataset = dataset,
                  .status = nullptr,
                  .failure = std::move(failure),
                  .query_duration = took,
                  .fetched = std::nullopt,
                  .history = tasks_.History()};
  if (!good_) return reading;
  reading.fetched = good_at_.wall;
  if (limits.max_stale.count() > 0 &&
      now - good_at_.steady <= limits.max_stale) {
    reading.status = good_;
    reading.failure = nullptr;
  }
  return reading;
}

}  // namespace exporter
