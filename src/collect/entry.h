// Holds a dataset as the planner sees it: what is remembered of it, and where
// its current query stands.

#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "collect/instant.h"
#include "collect/memory.h"
#include "collect/query_phase.h"
#include "model/dataset.h"

namespace exporter {

class ProjectState;
struct Scrape;

// Whether something is refused by itself, whatever the credentials are worth:
// so said the last answer to it. No reply, or a 429, is none.
class Standing {
 public:
  // `error`: null if it went well. `epoch`: Admission::StandingEpoch.
  void Note(const Error* error, std::uint64_t epoch) {
    if (error != nullptr && error->http_status == 401) {
      refused_in_ = epoch;
    } else if (error == nullptr ||
               (error->http_status > 0 && error->http_status != 429)) {
      refused_in_ = 0;
    }
  }
  [[nodiscard]] bool IsGood(std::uint64_t epoch) const {
    return refused_in_ != epoch;
  }

 private:
  std::uint64_t refused_in_ = 0;
};

// At most one query of a dataset is under way; everybody who wants an answer
// meanwhile waits for that one. Not safe for concurrent use.
struct Entry {
  using Phase = QueryPhase::Phase;

  struct Waiter {
    Scrape* scrape;
    std::size_t slot;
  };

  DatasetKey key;
  std::shared_ptr<ProjectState> project;
  Memory memory;
  // Rank of its last request, and its id while kAsked; 0: never asked.
  std::uint64_t last_asked = 0;
  std::uint64_t asked_before = 0;  // Its rank before that request.
  Standing standing;
  std::uint32_t order = 0;          // In the catalogue.
  bool straggler = false;           // Its last request outlasted the patience.
  std::optional<ErrorKind> health;  // As last reported; none: fine.

  // Of the current query:
  QueryPhase phase;
  bool asked = false;  // At least one request was made.
  bool retried = false;
  bool repeated = false;             // After a 401.
  unsigned broke_in = 0;             // In this outage of its project.
  std::uint64_t repeated_after = 0;  // With this generation of credentials.
  SteadyTime wanted_at{};
  std::forward_list<Waiter> waiters;        // Not empty unless kIdle.
  std::shared_ptr<const Error> last_error;  // Of an earlier try.
};

// What its requests are told apart by.
inline std::string NameOf(const Entry& entry) { return ToString(entry.key); }

}  // namespace exporter
