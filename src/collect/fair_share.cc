#include "collect/fair_share.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace exporter {
namespace {

constexpr std::chrono::milliseconds kBetweenCuts{50};

}  // namespace

void FairShare::Begin(RequestId request, Running running) {
  ++running.project->in_flight;
  running.project->last_served = request;
  if (running.straggler) ++stragglers_;
  running_.emplace(request, std::move(running));
}

FairShare::Running FairShare::End(RequestId request) {
  const auto found = running_.find(request);
  Running running = std::move(found->second);
  running_.erase(found);
  --running.project->in_flight;
  if (running.straggler) --stragglers_;
  return running;
}

std::size_t FairShare::Half() const {
  return std::max<std::size_t>(1, workers_ / 2);
}

std::shared_ptr<ProjectState> FairShare::Next(Projects projects) const {
  const bool stragglers_too = MayAskStragglers(projects);
  std::shared_ptr<ProjectState> next;
  std::size_t waiting = 0;
  std::shared_ptr<ProjectState> with_half;
  const auto was_before = [](const auto& one, const auto& other) {
    return !other || one->last_served < other->last_served;
  };
  for (const auto& project : projects) {
    if (!project->decision().MayGo()) continue;
    if (!project->listing_wanted && !project->queue().HasFresh() &&
        !(stragglers_too && project->queue().HasStragglers())) {
      continue;
    }
    ++waiting;
    auto& first = project->in_flight < Half() ? next : with_half;
    if (was_before(project, first)) first = project;
  }
  if (next || !with_half) return next;
  // Nobody else waits: then one project may have all workers. Two that stand at
  // half leave one over of an odd number.
  return waiting == 1 || 2 * with_half->in_flight < workers_ ? with_half
                                                             : nullptr;
}

bool FairShare::FreshWaits(Projects projects) {
  return std::any_of(projects.begin(), projects.end(), [](const auto& project) {
    return project->queue().HasFresh() && project->decision().MayGo();
  });
}

bool FairShare::MayAskStragglers(Projects projects) const {
  return stragglers_ < Half() || !FreshWaits(projects);
}

std::vector<RequestId> FairShare::Cut(Projects projects, SteadyTime now) {
  wake_at_ = SteadyTime::max();
  if (HasFreeWorker() || !FreshWaits(projects)) return {};
  if (now < next_cut_) {
    wake_at_ = next_cut_;
    return {};
  }
  std::size_t may_stay = workers_ / 2;
  std::vector<RequestId> cut;
  for (const auto& [request, running] : running_) {
    const bool is_slow =
        running.entry && now - running.began >= running.project->Patience();
    if (!is_slow) continue;
    if (may_stay > 0) {
      --may_stay;
    } else {
      cut.push_back(request);
    }
  }
  next_cut_ = now + kBetweenCuts;
  wake_at_ = next_cut_;
  return cut;
}

}  // namespace exporter
