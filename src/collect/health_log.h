// Tells people which datasets began to fail, and which are well again: a line
// for each as long as they are few, else one for all of a project that changed
// alike, with a few of them as examples. So that a cloud that comes and goes
// writes no line for each of thousands of datasets, a project may have so many
// lines at once and so many in the long run; what comes on top is told later,
// if it still holds. Those who debug get a line for each.

#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/token_bucket.h"
#include "collect/instant.h"
#include "collect/plan.h"
#include "model/dataset.h"

namespace exporter {

// Not safe for concurrent use.
class HealthLog {
 public:
  // Takes note of a change.
  void Changed(Plan::HealthChange change);

  // Writes what changed since; for the end of a scrape, when all of it is
  // known. `catalogue` says how many datasets there are.
  void Tell(const Catalogue& catalogue, SteadyTime now);

 private:
  using Changes = std::vector<Plan::HealthChange>;
  struct Project {
    TokenBucket lines;                              // That it may still have.
    std::map<DatasetKey, Plan::HealthChange> news;  // The latest of each.
  };

  void TellOf(Project& project, const Catalogue& catalogue, SteadyTime now);
  [[nodiscard]] std::optional<ErrorKind> AsTold(
      const DatasetKey& dataset) const;
  void NoteTold(const Plan::HealthChange& change);
  void TellAll(const Changes& alike, const Catalogue& catalogue);
  void ForgetThoseGone(const Catalogue& catalogue);

  std::map<std::string, Project> projects_;  // By project_id.
  std::map<DatasetKey, ErrorKind> failing_;  // As told.
};

}  // namespace exporter
