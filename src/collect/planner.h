// Decides which dataset is asked when: a pure state machine. It is told what
// happened and what time it is, and says what to do. It starts no thread, reads
// no clock, opens no socket.
//
// A scrape wants a set of datasets. A dataset whose last outcome is young
// enough is answered from memory; one whose query is under way is joined; the
// others queue up in their project. Whenever a worker is free, the project that
// was served longest ago asks the dataset that was asked longest ago, unless
// admission says no. A query belongs to all scrapes that wait for it: it ends
// with its outcome, or when the last of them leaves at its deadline. It does
// not outlive them, so that a stuck cloud finds every worker free at the next
// scrape.
//
// What keeps stuck datasets from taking the turn of healthy ones: as long as
// others wait, requests that outlast the patience with their project hold at
// most half of the workers. The newest above that share are cut, and their
// datasets queue up again, as stragglers. Those are asked in their turn, but
// never with more than half of the workers while others wait.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "collect/entry.h"
#include "collect/fair_share.h"
#include "collect/outcomes.h"
#include "collect/pacing.h"
#include "collect/plan.h"
#include "collect/project.h"
#include "collect/retries.h"
#include "collect/roster.h"
#include "collect/scrapes.h"
#include "collect/settings.h"
#include "model/reading.h"

namespace exporter {

struct PlannerSettings {
  std::size_t concurrency = 32;  // >= 1
  MemoryLimits memory;
};

struct PlannerCounts {
  std::uint64_t wanted = 0;  // Datasets that scrapes wanted,
  std::uint64_t shared = 0;  // and those of them without a query of their own.
  SteadyDuration held_up{};  // Time in which a queue waited for the pacing.
};

// Not safe for concurrent use.
class Planner {
 public:
  // `seed` is that of the jitter.
  explicit Planner(std::uint64_t seed) : rng_(seed) {}

  // Replaces what is collected. Scrapes in hand go on with the catalogue that
  // they began with. What is remembered of datasets that stay is kept, and of
  // those that are gone for a while.
  // REQUIRES: every dataset's project is among `projects`.
  void Configure(
      const PlannerSettings& settings,
      std::span<const std::shared_ptr<const ProjectSettings>> projects,
      std::shared_ptr<const Catalogue> catalogue, Instant now);

  // A scrape of `datasets` (indices into the catalogue) begins. Its readings
  // come with a later Advance, at the latest the one at its deadline; with them
  // `order`, of which nothing but the times matters here.
  ScrapeId Begin(ScrapeOrder order, std::span<const std::size_t> datasets,
                 Instant now);

  // `dataset`: an index into the catalogue.
  [[nodiscard]] Source SourceOf(std::size_t dataset, SteadyTime now) const;

  // A person had the configuration loaded again, and wants refused passwords to
  // be tried once more.
  void Reloaded() { shared_.Reloaded(); }

  // `request` ended. Requests that were cancelled are ignored.
  void Answered(RequestId request, Answer answer, Instant now);

  // The project wants to ask a page of its list; it comes as a Plan::List, or
  // as a Plan::ListingRefused. At most one at a time.
  void WantListing(const std::string& project_id);

  // Credentials must have been told before.
  void RenewalEnded(std::uint64_t id, const RenewalAnswer& answer, Instant now);

  // What is to be done at `now`, after everything that was told.
  [[nodiscard]] Plan Advance(Instant now);

  // When Advance has something to do without a further event.
  [[nodiscard]] SteadyTime WakeAt() const { return wake_at_; }

  [[nodiscard]] Overview Look(SteadyTime now) const {
    return roster_.Look(settings_.memory, now);
  }
  [[nodiscard]] const PlannerCounts& Counts() const { return counts_; }
  [[nodiscard]] std::size_t InFlight() const { return share_.InFlight(); }

 private:
  using Running = FairShare::Running;
  struct Renewing {
    std::shared_ptr<ProjectState> project;
    RenewalGate::Pass pass;
  };

  // Events.
  void EndTry(Entry& entry, const Running& running, Answer&& answer,
              Admission::Next next, Instant now);
  void GiveUp(Entry& entry, std::shared_ptr<const Error> error, Instant now,
              Plan& plan);

  // Steps of Advance.
  void Expire(Scrape& scrape, Instant now, Plan& plan);
  void Renew(const std::shared_ptr<ProjectState>& project, Instant now,
             Plan& plan);
  void Dispatch(Instant now, Plan& plan);
  void Ask(const std::shared_ptr<ProjectState>& project, Instant now,
           Plan& plan);
  bool CutSlowRequests(Instant now, Plan& plan);

  Rng rng_;
  PlannerSettings settings_;
  Roster roster_;
  std::vector<std::shared_ptr<ProjectState>> projects_;
  SharedLimits shared_;
  FairShare share_;
  Retries retries_;
  Outcomes outcomes_;
  Scrapes scrapes_;
  std::map<std::uint64_t, Renewing> renewing_;
  std::uint64_t last_rank_ = 0;  // Of requests, renewals and asked datasets.
  SteadyTime wake_at_ = SteadyTime::max();
  PlannerCounts counts_;
};

}  // namespace exporter
