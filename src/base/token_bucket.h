#pragma once

#include <chrono>
#include <cstddef>

#include "base/clock.h"

namespace exporter {

// Says how often something may be done.
struct RateLimit {
  double requests = 0;             // > 0,
  std::chrono::nanoseconds per{};  // in so much time; > 0
  double burst = 1;                // >= 1: so many at once after a rest

  bool operator==(const RateLimit&) const = default;
};

// Holds the tokens of those who keep to a RateLimit: full at the beginning. Not
// safe for concurrent use.
class TokenBucket {
 public:
  // Full at whatever time it is first asked.
  explicit TokenBucket(const RateLimit& limit);

  // Whether a request may go now; takes its token if so.
  bool Take(Deadline now);

  // When the request behind `others` earlier ones may go, if nobody else asks.
  [[nodiscard]] Deadline TurnAfter(std::size_t others, Deadline now) const;

 private:
  [[nodiscard]] double TokensAt(Deadline now) const;

  double per_second_;
  double burst_;
  double tokens_;
  Deadline counted_at_{};
};

}  // namespace exporter
