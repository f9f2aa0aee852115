#include "collect/pacing.h"

#include <algorithm>

namespace exporter {

SteadyDuration Jittered(SteadyDuration longest, Rng& rng) {
  std::uniform_int_distribution<SteadyDuration::rep> between(
      longest.count() / 2, longest.count());
  return SteadyDuration(between(rng));
}

RetryBudget::Second& RetryBudget::At(SteadyTime now) {
  const std::int64_t second =
      std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  Second& slot = minute_[static_cast<std::size_t>(second) % minute_.size()];
  if (slot.second != second) slot = {.second = second};
  return slot;
}

void RetryBudget::CountRequest(SteadyTime now) { ++At(now).requests; }

bool RetryBudget::Take(SteadyTime now) {
  Second& current = At(now);
  const auto oldest =
      current.second - static_cast<std::int64_t>(minute_.size()) + 1;
  std::uint64_t requests = 0;
  std::uint64_t retries = 0;
  for (const Second& slot : minute_) {
    if (slot.second < oldest) continue;
    requests += slot.requests;
    retries += slot.retries;
  }
  if (retries >= std::max<std::uint64_t>(10, requests / 10)) return false;
  ++current.retries;
  return true;
}

}  // namespace exporter
