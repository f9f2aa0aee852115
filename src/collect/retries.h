// Has queries tried once more after a rest, which is jittered and at most
// 200 ms.

#pragma once

#include <map>
#include <memory>

#include "collect/entry.h"
#include "collect/instant.h"
#include "collect/pacing.h"

namespace exporter {

// Not safe for concurrent use.
class Retries {
 public:
  void CountRequest(SteadyTime now) { budget_.CountRequest(now); }

  // Whether `entry` gets a retry: it had none, somebody waits so long, and not
  // too many others had theirs. If so, it rests from now on.
  bool Rest(const std::shared_ptr<Entry>& entry, SteadyTime now, Rng& rng);

  // Nobody waits for it any longer.
  void Drop(const Entry& entry);

  // Those who have rested queue up.
  void Wake(SteadyTime now);
  // SteadyTime::max() if nobody rests.
  [[nodiscard]] SteadyTime WakeAt() const;

 private:
  RetryBudget budget_;
  std::multimap<SteadyTime, std::shared_ptr<Entry>> resting_;
};

}  // namespace exporter
