// Says how fast the cloud of one project may be asked: by the limits that it
// tells of by refusing, of the project and of the user or key; by its
// connections, which may break; and by our own rate limit.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/token_bucket.h"
#include "collect/decision.h"
#include "collect/instant.h"
#include "collect/outage.h"
#include "collect/pacing.h"
#include "collect/settings.h"
#include "collect/shared_limits.h"
#include "collect/signal.h"
#include "collect/throttle.h"

namespace exporter {

// Pure. Not safe for concurrent use.
class CloudPace {
 public:
  // What one request knows of those that let it through.
  struct Pass {
    std::shared_ptr<Limit> user_limit;
    Throttle::Pass user;
    Throttle::Pass own;
    Outage::Pass outage;
  };

  // How a request ended.
  enum class End {
    kThrottled,
    kOutage,  // Its connection broke, as those of others do.
    kBroke,   // Its connection broke, and no other.
    kOther,
  };

  // New settings for the same project. What was learned is kept.
  void Apply(const ProjectSettings& settings, SharedLimits& shared);

  // kOpen, kOutage, kPause or kRate.
  [[nodiscard]] Decision Ask(SteadyTime now) const;

  // A request goes. One of the next two follows.
  Pass Enter(SteadyTime now);

  // It ended: it was to ask for `object`, whose connection broke before in the
  // outage `broke_in` (0: in none).
  End Ended(const Pass& pass, const Signal& signal, const std::string& object,
            unsigned broke_in, SteadyTime now, Rng& rng);
  // It was given up.
  void Abandoned(const Pass& pass);

  // When the dataset behind `others` may be asked at the earliest, for all that
  // is known now. REQUIRES: Ask said kPause or kRate.
  [[nodiscard]] SteadyTime TurnAfter(std::size_t others, SteadyTime now) const;

  // Whether a pause or an outage holds requests back; it may end earlier.
  [[nodiscard]] bool IsPaused(SteadyTime now) const;

  [[nodiscard]] const Outage& outage() const { return outage_; }

 private:
  void Throttled(const Pass& pass, const Signal& signal, SteadyTime now,
                 Rng& rng);

  std::shared_ptr<Limit> user_limit_;
  Limit own_limit_;
  Outage outage_;
  std::optional<RateLimit> rate_limit_;
  std::optional<TokenBucket> bucket_;  // Of that.
};

}  // namespace exporter
