#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "collect/instant.h"
#include "collect/memory.h"
#include "model/dataset.h"

namespace exporter {

class ProjectState;
struct Scrape;

// A dataset as the planner sees it: what is remembered of it, and where its
// current query stands. At most one query of a dataset is under way; everybody
// who wants an answer meanwhile waits for that one.
struct Entry {
  enum class Phase {
    kIdle,     // Nobody waits.
    kQueued,   // Waits for its turn in the queue of its project.
    kAsked,    // A request is on its way.
    kResting,  // Waits before its retry.
  };

  struct Waiter {
    Scrape* scrape;
    std::size_t slot;
  };

  DatasetKey key;
  std::shared_ptr<ProjectState> project;
  std::uint64_t order = 0;  // In the catalogue.
  Memory memory;
  std::uint64_t last_asked = 0;  // Rank of its last request; 0: never asked.
  bool suspect = false;  // Its last request outlasted what was to be expected.
  std::optional<ErrorKind> health;  // As last reported; none: fine.

  // Of the current query:
  Phase phase = Phase::kIdle;
  std::vector<Waiter> waiters;  // Not empty unless kIdle.
  SteadyTime wanted_at{};
  SteadyTime resting_until{};
  std::uint64_t request = 0;  // While kAsked.
  bool asked = false;         // At least one request was made.
  bool retried = false;
  bool repeated = false;                    // After new credentials.
  std::shared_ptr<const Error> last_error;  // Of an earlier try.
};

}  // namespace exporter
