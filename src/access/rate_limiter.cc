#include "access/rate_limiter.h"

#include <algorithm>

namespace exporter {

bool RateLimiter::Allow(Time now) {
  const std::lock_guard lock(mutex_);
  const Time after = std::max(full_at_, now) + limit_.interval;
  if (after - now > limit_.burst * limit_.interval) return false;
  full_at_ = after;
  return true;
}

}  // namespace exporter
