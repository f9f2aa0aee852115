#include "collect/retries.h"

#include <algorithm>
#include <chrono>

#include "collect/outcomes.h"
#include "collect/project.h"

namespace exporter {
namespace {

constexpr std::chrono::milliseconds kLongestRest{200};

}  // namespace

bool Retries::Rest(const std::shared_ptr<Entry>& entry, SteadyTime now,
                   Rng& rng) {
  if (entry->retried) return false;
  const SteadyTime until = now + Jittered(kLongestRest, rng);
  const bool somebody_waits_so_long = std::any_of(
      entry->waiters.begin(), entry->waiters.end(), [&](const auto& waiter) {
        return waiter.scrape->order.deadline > until;
      });
  if (!somebody_waits_so_long || !budget_.Take(now)) return false;
  entry->retried = true;
  entry->phase.MoveTo(Entry::Phase::kResting);
  resting_.emplace(until, entry);
  return true;
}

void Retries::Drop(const Entry& entry) {
  std::erase_if(resting_,
                [&](const auto& rest) { return rest.second.get() == &entry; });
}

void Retries::Wake(SteadyTime now) {
  while (!resting_.empty() && resting_.begin()->first <= now) {
    const std::shared_ptr<Entry> entry = resting_.begin()->second;
    resting_.erase(resting_.begin());
    entry->project->Enqueue(*entry);
  }
}

SteadyTime Retries::WakeAt() const {
  return resting_.empty() ? SteadyTime::max() : resting_.begin()->first;
}

}  // namespace exporter
