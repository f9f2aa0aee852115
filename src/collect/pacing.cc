#include "collect/pacing.h"

#include <algorithm>
#include <cmath>

namespace exporter {
namespace {

constexpr double kNearlyOne = 1.0 - 1e-9;  // A token, but for rounding.

}  // namespace

SteadyDuration Jittered(SteadyDuration longest, Rng& rng) {
  std::uniform_int_distribution<SteadyDuration::rep> between(
      longest.count() / 2, longest.count());
  return SteadyDuration(between(rng));
}

TokenBucket::TokenBucket(const RateLimit& limit, SteadyTime now)
    : per_second_(limit.requests /
                  std::chrono::duration<double>(limit.per).count()),
      burst_(std::max(1.0, limit.burst)),
      tokens_(burst_),
      counted_at_(now) {}

double TokenBucket::TokensAt(SteadyTime now) const {
  const std::chrono::duration<double> passed = now - counted_at_;
  return std::min(burst_, tokens_ + passed.count() * per_second_);
}

bool TokenBucket::Take(SteadyTime now) {
  tokens_ = TokensAt(now);
  counted_at_ = now;
  if (tokens_ < kNearlyOne) return false;
  tokens_ = std::max(0.0, tokens_ - 1);
  return true;
}

SteadyTime TokenBucket::TurnAfter(std::size_t others, SteadyTime now) const {
  const double missing = static_cast<double>(others) + 1 - TokensAt(now);
  if (missing <= 1 - kNearlyOne) return now;
  // A century stands for never: it still adds up without overflow.
  const double seconds = std::min(missing / per_second_, 3e9);
  return now + std::chrono::ceil<std::chrono::microseconds>(
                   std::chrono::duration<double>(seconds));
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
