#pragma once

#include <chrono>

namespace exporter {

// Says how long what was learned of a dataset counts.
struct MemoryLimits {
  // An answer, or a failure, younger than this is used again: while a task is
  // in flight, and when none is.
  std::chrono::milliseconds min_interval_active{0};
  std::chrono::milliseconds min_interval_settled{0};
  // A good answer up to this age stands in for a failure. 0: never.
  std::chrono::milliseconds max_stale{0};
};

}  // namespace exporter
