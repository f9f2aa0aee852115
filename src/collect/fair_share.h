// Decides who gets the next worker, and who has to leave one: a project that
// asks much, or is stuck, takes from no other more than half of the workers; of
// an odd number, the last one goes round among those who have their half.

#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "collect/admission.h"
#include "collect/entry.h"
#include "collect/instant.h"
#include "collect/plan.h"
#include "collect/project.h"

namespace exporter {

// Pure. Not safe for concurrent use.
class FairShare {
 public:
  using Projects = std::span<const std::shared_ptr<ProjectState>>;

  // A request in flight: it holds a worker.
  struct Running {
    std::shared_ptr<Entry> entry;  // Null for a page of the list.
    std::shared_ptr<ProjectState> project;
    SteadyTime began;
    bool straggler = false;
    Admission::Pass pass;
  };

  void SetWorkers(std::size_t workers) { workers_ = workers; }
  [[nodiscard]] bool HasFreeWorker() const {
    return running_.size() < workers_;
  }
  [[nodiscard]] std::size_t InFlight() const { return running_.size(); }
  [[nodiscard]] bool IsInFlight(RequestId request) const {
    return running_.contains(request);
  }

  // `request` rises from one to the next.
  void Begin(RequestId request, Running running);
  // It ended or was given up. REQUIRES: IsInFlight.
  Running End(RequestId request);

  // The project that may ask now. Of those that have something to ask and may,
  // the one served longest ago that holds less than half of the workers,
  // rounded down; without one, the one served longest ago of the others, if no
  // second one waits or it would take the last of an odd number. Null if there
  // is none.
  [[nodiscard]] std::shared_ptr<ProjectState> Next(Projects projects) const;

  // Whether stragglers have their turn, too: they hold at most half of the
  // workers as long as others wait.
  [[nodiscard]] bool MayAskStragglers(Projects projects) const;

  // The requests that have to leave their workers to others: the newest of
  // those that outlast the patience with their project, above half. In steps,
  // so that those who follow get a fair chance and the look at all requests in
  // flight costs little; when the next step is due says NextCutAt.
  [[nodiscard]] std::vector<RequestId> Cut(Projects projects, SteadyTime now);
  // SteadyTime::max() unless the last Cut left somebody waiting.
  [[nodiscard]] SteadyTime NextCutAt() const { return wake_at_; }

 private:
  [[nodiscard]] std::size_t Half() const;
  [[nodiscard]] static bool FreshWaits(Projects projects);

  std::size_t workers_ = 1;
  std::map<RequestId, Running> running_;  // In the order of their beginning.
  std::size_t stragglers_ = 0;            // Of those.
  SteadyTime next_cut_{};                 // No cut before.
  SteadyTime wake_at_ = SteadyTime::max();
};

}  // namespace exporter
