#pragma once

#include <chrono>
#include <mutex>

namespace exporter {

struct RequestRate {
  std::chrono::nanoseconds interval{};  // A request more after each; > 0.
  int burst = 0;                        // As many at once; >= 1.

  bool operator==(const RequestRate&) const = default;
};

// A token bucket, full at first. Safe for concurrent use.
class RateLimiter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // REQUIRES: limit.interval * limit.burst is at most a hundred years.
  explicit RateLimiter(const RequestRate& limit) : limit_(limit) {}

  // Whether one more request may pass at `now`, and takes its token if so.
  bool Allow(Time now);

 private:
  const RequestRate limit_;

  std::mutex mutex_;
  // When the bucket would be full if nothing were taken from now on. Empty is
  // `burst` intervals ahead of the time.
  Time full_at_;
};

}  // namespace exporter
