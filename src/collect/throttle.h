// Keeps to the limit that somebody else sets and tells of by refusing: after a
// refusal nothing goes for a while, then one request, then as many more as are
// accepted (slow start: their number doubles with each round). What was
// accepted between two refusals, or what the refusal says of the limit, is the
// pace from then on; it is raised by a tenth each half minute without a
// refusal.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/token_bucket.h"
#include "cloud/gateway_limit.h"
#include "collect/instant.h"
#include "collect/pacing.h"

namespace exporter {

// What a gateway says of its limit; none if it says nothing, or lets nothing
// through: that is no pace.
std::optional<RateLimit> QuotaOf(const GatewayLimit& limit);

// Pure. Not safe for concurrent use.
class Throttle {
 public:
  struct Settings {
    std::chrono::milliseconds first_pause{1000};
    std::chrono::milliseconds longest_pause{60'000};
    bool learns_pace = true;
  };
  struct Pass {
    std::uint64_t round = 0;  // Rises with each pause.
    SteadyTime asked_at{};
  };
  // What a refusal says.
  struct Refusal {
    std::optional<std::chrono::milliseconds> retry_after;
    std::optional<RateLimit> quota;  // `burst` is not looked at.
  };

  Throttle() = default;
  explicit Throttle(Settings settings) : settings_(settings) {}

  // When one more may go: at `now` or before, if at once. SteadyTime::max()
  // while that depends on one that is on its way.
  [[nodiscard]] SteadyTime NextAt(SteadyTime now) const;

  // When the request behind `others` earlier ones may go at the earliest.
  [[nodiscard]] SteadyTime TurnAfter(std::size_t others, SteadyTime now) const;

  // A request goes. One of the other three follows.
  Pass Enter(SteadyTime now);

  void Accepted(const Pass& pass);
  void Ended(const Pass& pass);  // It said nothing of the limit.

  // Without `retry_after` the pause grows, jittered, as long as nothing is
  // accepted. Requests that were on their way when a pause began are no reason
  // for a longer one. Whether a pause begins with it.
  bool Refused(const Pass& pass, const Refusal& refusal, SteadyTime now,
               Rng& rng);

  [[nodiscard]] bool IsPaused(SteadyTime now) const { return now < until_; }
  [[nodiscard]] SteadyTime PausedUntil() const { return until_; }
  // Refusals in a row, with nothing accepted in between.
  [[nodiscard]] unsigned InARow() const { return in_a_row_; }

 private:
  void LearnPace(const Refusal& refusal, SteadyTime now);
  void RaisePace(SteadyTime now);

  Settings settings_;
  std::uint64_t round_ = 1;
  SteadyTime until_{};
  SteadyTime last_entered_{};
  unsigned in_a_row_ = 0;
  std::optional<std::size_t> window_;  // So many at once; none: any number.
  std::size_t on_the_way_ = 0;         // Of this round.

  std::optional<SteadyTime> counts_since_;  // The last refusal that counted.
  std::size_t accepted_ = 0;                // Since then.
  std::optional<RateLimit> pace_;
  std::optional<TokenBucket> bucket_;  // Of that pace.
  double most_requests_ = 0;  // In pace_.per, of the quota; 0: not known.
  SteadyTime pace_set_at_{};
  SteadyTime refused_at_{};
};

}  // namespace exporter
