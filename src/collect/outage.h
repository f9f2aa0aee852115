// Tells an outage of the endpoint, in which the connections of several datasets
// break, from a dataset whose own connections do. In an outage nothing goes for
// a while, then one request, until a reply comes, whatever it says.

#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/error.h"
#include "collect/instant.h"
#include "collect/throttle.h"

namespace exporter {

// Pure. Not safe for concurrent use.
class Outage {
 public:
  using Pass = Throttle::Pass;

  Outage();

  // When one more may go: at `now` or before, if at once.
  [[nodiscard]] SteadyTime NextAt(SteadyTime now) const {
    return throttle_.NextAt(now);
  }
  // As Throttle's.
  [[nodiscard]] SteadyTime TurnAfter(std::size_t others, SteadyTime now) const {
    return throttle_.TurnAfter(others, now);
  }
  [[nodiscard]] bool IsPaused(SteadyTime now) const {
    return throttle_.IsPaused(now);
  }

  // A request goes. One of the next three follows.
  Pass Enter(SteadyTime now) { return throttle_.Enter(now); }

  // A reply came.
  void Replied(const Pass& pass);

  // It was given up, or timed out.
  void Ended(const Pass& pass) { throttle_.Ended(pass); }

  // The connection broke that was to ask for `object`; it did so before in the
  // outage `broke_in` (0: in none) since its last answer. Whether that is the
  // outage's doing; else it is the object that breaks.
  bool Broke(const Pass& pass, const std::string& object, unsigned broke_in,
             const Error& error, SteadyTime now, Rng& rng);

  // The connections of several objects broke, and no reply came since.
  [[nodiscard]] bool IsOut() const { return is_out_; }
  // It has lasted so long that nobody should wait for its end.
  [[nodiscard]] bool IsLong(SteadyTime now) const;
  // The number of the present or last one.
  [[nodiscard]] unsigned Number() const { return number_; }
  // The first break since the last reply; null: there was none.
  [[nodiscard]] const std::shared_ptr<const Error>& Why() const { return why_; }

 private:
  Throttle throttle_;
  std::shared_ptr<const Error> why_;  // Since the last reply,
  std::string broke_for_;             // first for this one.
  SteadyTime since_{};
  bool is_out_ = false;
  unsigned number_ = 0;
};

}  // namespace exporter
