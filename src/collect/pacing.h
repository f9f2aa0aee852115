// Says how many retries an outage may cost, and keeps those who wait the same
// time apart. Pure: the time and the random numbers come from the caller. Not
// safe for concurrent use.

#pragma once

#include <array>
#include <cstdint>
#include <random>

#include "collect/instant.h"

namespace exporter {

using Rng = std::mt19937_64;

// A duration between 50 % and 100 % of `longest`, so that many who wait the
// same time do not come back at once.
SteadyDuration Jittered(SteadyDuration longest, Rng& rng);

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
