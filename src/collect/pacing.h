// Says how fast the cloud may be asked: the limit that we were given, and the
// retries that an outage may cost. Pure: the time and the random numbers come
// from the caller. Not safe for concurrent use.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>

#include "collect/instant.h"
#include "model/rate_limit.h"

namespace exporter {

using Rng = std::mt19937_64;

// A duration between 50 % and 100 % of `longest`, so that many who wait the
// same time do not come back at once.
SteadyDuration Jittered(SteadyDuration longest, Rng& rng);

// A token bucket: full at the beginning.
class TokenBucket {
 public:
  TokenBucket(const RateLimit& limit, SteadyTime now);

  // Whether a request may go now; takes its token if so.
  bool Take(SteadyTime now);

  // When the request behind `others` earlier ones may go, if nobody else asks.
  [[nodiscard]] SteadyTime TurnAfter(std::size_t others, SteadyTime now) const;

 private:
  [[nodiscard]] double TokensAt(SteadyTime now) const;

  double per_second_;
  double burst_;
  double tokens_;
  SteadyTime counted_at_;
};

// Keeps retries from doubling an outage: of the requests of the last minute,
// at most max(10, 10 %) are retries.
class RetryBudget {
 public:
  void CountRequest(SteadyTime now);

  // Whether one more retry may be made; counts it if so.
  bool Take(SteadyTime now);

 private:
  struct Second {
    std::int64_t second = -1;
    std::uint32_t requests = 0;
    std::uint32_t retries = 0;
  };

  Second& At(SteadyTime now);

  std::array<Second, 60> minute_{};
};

}  // namespace exporter
