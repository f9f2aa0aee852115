#include "base/token_bucket.h"

#include <algorithm>

namespace exporter {
namespace {

constexpr double kNearlyOne = 1.0 - 1e-9;  // A token, but for rounding.

}  // namespace

TokenBucket::TokenBucket(const RateLimit& limit)
    : per_second_(limit.requests /
                  std::chrono::duration<double>(limit.per).count()),
      burst_(std::max(1.0, limit.burst)),
      tokens_(burst_) {}

double TokenBucket::TokensAt(Deadline now) const {
  const std::chrono::duration<double> passed = now - counted_at_;
  return std::min(burst_, tokens_ + passed.count() * per_second_);
}

bool TokenBucket::Take(Deadline now) {
  tokens_ = TokensAt(now);
  counted_at_ = now;
  if (tokens_ < kNearlyOne) return false;
  tokens_ = std::max(0.0, tokens_ - 1);
  return true;
}

Deadline TokenBucket::TurnAfter(std::size_t others, Deadline now) const {
  const double missing = static_cast<double>(others) + 1 - TokensAt(now);
  if (missing <= 1 - kNearlyOne) return now;
  // A century stands for never: it still adds up without overflow.
  const double seconds = std::min(missing / per_second_, 3e9);
  return now + std::chrono::ceil<std::chrono::microseconds>(
                   std::chrono::duration<double>(seconds));
}

}  // namespace exporter
