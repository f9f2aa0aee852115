#include "collect/memory.h"

#include <algorithm>
#include <memory_resource>
#include <utility>

namespace exporter {
namespace {

constexpr std::size_t kMostEarlierIds = 8;

// No replica lags longer.
constexpr std::chrono::minutes kLongestLag{15};

bool HasEnded(SyncState state) {
  return state == SyncState::kCompleted || state == SyncState::kFailed;
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

// Answers stay while the memory of the requests that brought them comes and
// goes between them. In one heap with it, those of ten thousand datasets tear
// it to pieces, and every request then costs a tenth more.
std::shared_ptr<const SyncStatus> Keep(SyncStatus&& status) {
  // Not destroyed, since readings may outlast everything else.
  static auto& pool = *new std::pmr::synchronized_pool_resource();
  return std::allocate_shared<const SyncStatus>(
      std::pmr::polymorphic_allocator<SyncStatus>(&pool), std::move(status));
}

}  // namespace

TaskCounter::Likeness TaskCounter::Compare(const Identity& a,
                                           const Identity& b) {
  const auto likeness = [](bool same) {
    return same ? Likeness::kSame : Likeness::kOther;
  };
  if (!a.id.empty() && !b.id.empty()) return likeness(a.id == b.id);
  if (a.created && b.created) return likeness(a.created == b.created);
  return Likeness::kUnknown;
}

bool TaskCounter::IsOfEarlierTask(const SyncStatus& status) const {
  const SharedText& id = status.task_id;
  if (!id.empty() && id == task_.id) return false;
  if (!id.empty() &&
      std::ranges::find(earlier_ids_, id) != earlier_ids_.end()) {
    return true;
  }
  return status.created && newest_creation_ &&
         *status.created < *newest_creation_;
}

void TaskCounter::BeginAgainWith(const SyncStatus& status) {
  earlier_ids_.clear();
  newest_creation_ = status.created;
  task_ = {.id = status.task_id, .created = status.created};
  goes_on_ = !HasEnded(status.state);
  ended_.reset();
  if (!goes_on_) ended_ = status.state;
}

void TaskCounter::Observe(const SyncStatus& status, WallTime now) {
  const bool first = !history_.has_value();
  if (first) history_.emplace().begin = now;
  const Identity task{.id = status.task_id, .created = status.created};
  const bool is_named = !task.id.empty() || task.created;
  const bool ended = HasEnded(status.state);

  Likeness likeness = Compare(task_, task);
  if (likeness == Likeness::kUnknown && is_named && !ended) {
    // Nothing was known of the one before, and this one goes on.
    likeness = Likeness::kOther;
  }
  if (task.created) {
    newest_creation_ =
        std::max(newest_creation_.value_or(WallTime::min()), *task.created);
  }
  if (likeness == Likeness::kOther) {
    if (!task_.id.empty()) earlier_ids_.push_back(std::move(task_.id));
    if (earlier_ids_.size() > kMostEarlierIds) {
      earlier_ids_.erase(earlier_ids_.begin());
    }
    task_ = task;
    ended_.reset();
  } else if (is_named) {
    if (!task.id.empty()) task_.id = task.id;
    if (task.created) task_.created = task.created;
  }
  if (!ended) {
    goes_on_ = true;
    return;
  }
  const bool is_another = likeness == Likeness::kUnknown && goes_on_;
  const bool is_news = is_another || ended_ != status.state;
  goes_on_ = false;
  ended_ = status.state;
  if (!is_news) return;
  if (!first) {
    ++(status.state == SyncState::kCompleted ? history_->completed
                                             : history_->failed);
  }
  if (status.state == SyncState::kCompleted) {
    history_->last_completed = EndOf(status, now);
  }
}

void Memory::Succeeded(SyncStatus status, Instant now, SteadyDuration took) {
  failure_.reset();
  ended_at_ = now.steady;
  asked_ = true;
  took_ = took;
  if (tasks_.IsOfEarlierTask(status)) {
    if (!lagging_since_) lagging_since_ = now.steady;
    if (now.steady - *lagging_since_ < kLongestLag) {
      trail_.Add(good_->state);
      return;
    }
    tasks_.BeginAgainWith(status);
  }
  lagging_since_.reset();
  tasks_.Observe(status, now.wall);
  trail_.Add(status.state);
  if (!good_ || *good_ != status) good_ = Keep(std::move(status));
  good_at_ = now;
}

void Memory::Failed(std::shared_ptr<const Error> error, bool asked, Instant now,
                    SteadyDuration took) {
  trail_.Add(std::nullopt);
  failure_ = std::move(error);
  ended_at_ = now.steady;
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
          .bridged = nullptr,
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
                  .bridged = nullptr,
                  .query_duration = took,
                  .fetched = std::nullopt,
                  .history = tasks_.History()};
  if (!good_) return reading;
  reading.fetched = good_at_.wall;
  if (limits.max_stale.count() > 0 &&
      now - good_at_.steady <= limits.max_stale) {
    reading.status = good_;
    reading.bridged = std::exchange(reading.failure, nullptr);
  }
  return reading;
}

}  // namespace exporter
