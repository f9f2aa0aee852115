#include "collect/try_ledger.h"

#include <algorithm>
#include <chrono>

namespace exporter {
namespace {

using namespace std::chrono_literals;

}  // namespace

void TryLedger::Refused(std::string object, SteadyTime now) {
  std::erase_if(refusals_, [&](const auto& refusal) {
    return now - refusal.second >= policy_.window;
  });
  refusals_.emplace_back(std::move(object), now);
}

SteadyTime TryLedger::RoomAt(std::size_t on_the_way, SteadyTime now) const {
  if (on_the_way >= policy_.max_tries) return SteadyTime::max();
  const std::size_t may_count = policy_.max_tries - 1 - on_the_way;
  if (refusals_.size() <= may_count) return now;
  const SteadyTime leaves =
      refusals_[refusals_.size() - 1 - may_count].second + policy_.window;
  return std::max(leaves, now);
}

SteadyTime TryLedger::AgainAt() const {
  if (refusals_.empty()) return SteadyTime::min();
  return refusals_.back().second + (refusals_.size() == 1 ? 1min : 9min);
}

bool TryLedger::Names(const std::string& object) const {
  return std::any_of(
      refusals_.begin(), refusals_.end(),
      [&](const auto& refusal) { return refusal.first == object; });
}

std::size_t TryLedger::Count(SteadyTime now) const {
  return static_cast<std::size_t>(std::count_if(
      refusals_.begin(), refusals_.end(), [&](const auto& refusal) {
        return now - refusal.second < policy_.window;
      }));
}

}  // namespace exporter
