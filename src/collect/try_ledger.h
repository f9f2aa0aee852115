// Counts the refusals of a secret that the other side may lock, so that wrong
// credentials are tried seldom enough. Pure: the time comes from the caller.

#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "collect/instant.h"

namespace exporter {

// Not safe for concurrent use.
class TryLedger {
 public:
  struct Policy {
    unsigned max_tries = 3;   // In any `window`; >= 1
    SteadyDuration window{};  // > 0
  };

  explicit TryLedger(Policy policy) : policy_(policy) {}

  // Asking for `object` (a dataset, say) was refused.
  void Refused(std::string object, SteadyTime now);
  void Clear() { refusals_.clear(); }

  // When one more may be tried, if `on_the_way` are refused as well: `now`, if
  // there is room for it.
  [[nodiscard]] SteadyTime RoomAt(std::size_t on_the_way, SteadyTime now) const;

  // When an object that was refused before may be tried again, if there is
  // room: a minute after the last refusal, and ten minutes from the second on.
  [[nodiscard]] SteadyTime AgainAt() const;

  [[nodiscard]] bool Names(const std::string& object) const;

  // How many of the refusals still count at `now`.
  [[nodiscard]] std::size_t Count(SteadyTime now) const;

 private:
  Policy policy_;
  std::vector<std::pair<std::string, SteadyTime>> refusals_;  // Oldest first.
};

}  // namespace exporter
