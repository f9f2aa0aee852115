// Finds the datasets of the projects that want it: has a Discovery for each,
// asks the pages that it wants, and shows what came of them.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "collect/api_requests.h"
#include "collect/discovery.h"
#include "collect/loop_metrics.h"
#include "collect/pacing.h"
#include "collect/plan.h"
#include "collect/settings.h"
#include "model/reading.h"

namespace exporter {

// Not safe for concurrent use.
class Listings {
 public:
  // All of them must outlive this object. `changed` is called when other
  // datasets are found than before, `ended` for each page that is not
  // cancelled. `seed` is that of the jitter.
  Listings(const Clock& clock, LoopMetrics& metrics, ApiRequests& api,
           std::uint64_t seed, std::function<void()> changed,
           ApiRequests::Ended ended)
      : clock_(clock),
        metrics_(metrics),
        api_(api),
        rng_(seed),
        changed_(std::move(changed)),
        ended_(std::move(ended)) {}

  // What was found under the settings that stay is kept.
  void Apply(const CollectorSettings& settings);

  // The projects that want a page now; each is followed by an Ask or a Refused.
  [[nodiscard]] std::vector<std::string> Wanted(SteadyTime now);
  // When there may be more of them without an event.
  [[nodiscard]] SteadyTime WakeAt() const;

  void Ask(const Plan::List& list);
  void Refused(const Plan::ListingRefused& refused);

  // Of each project that was listed, by project_id; until a listing ends.
  [[nodiscard]] std::vector<std::span<const Dataset>> Datasets() const;

  // Whether each project was listed, or the first try of it failed.
  [[nodiscard]] bool AreTried() const;

  // The projects whose datasets were never listed, so that the catalogue may
  // lack some: by project_id, a line that says so and what was wrong last.
  [[nodiscard]] std::map<std::string, std::string> NeverListed() const;

  // Adds those that fail, and those that were never listed.
  void Show(Overview& overview) const;

 private:
  using Shared = std::shared_ptr<Discovery>;

  // `discovery`: who wanted the page. A reload may have replaced it meanwhile:
  // the page is no part of its successor's listing. Null: nobody did.
  Result<std::optional<SyncStatus>> TakePage(
      const ApiRequests::Question& question, const HttpReply& reply,
      const Shared& discovery);
  void Failed(Discovery& discovery, const ProjectSettings& project,
              const Error& error);
  void Count(const std::string& project_id, const Discovery& discovery);

  const Clock& clock_;
  LoopMetrics& metrics_;
  ApiRequests& api_;
  Rng rng_;
  const std::function<void()> changed_;
  const ApiRequests::Ended ended_;
  std::map<std::string, Shared> discoveries_;  // By project.
};

}  // namespace exporter
