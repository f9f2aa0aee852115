#pragma once

#include <mutex>

#include "base/token_bucket.h"

namespace exporter {

// Lets so many requests pass as a TokenBucket has tokens for. Safe for
// concurrent use.
class RateLimiter {
 public:
  explicit RateLimiter(const RateLimit& limit) : bucket_(limit) {}

  // Whether one more request may pass at `now`, and takes its token if so.
  bool Allow(Deadline now) {
    const std::lock_guard lock(mutex_);
    return bucket_.Take(now);
  }

 private:
  std::mutex mutex_;
  TokenBucket bucket_;  // Guarded by mutex_.
};

}  // namespace exporter
