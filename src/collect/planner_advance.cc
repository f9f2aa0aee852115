// What the planner does as time passes: see planner.h for the rules.

#include <algorithm>
#include <utility>

#include "collect/planner.h"

namespace exporter {
namespace {

// Cuts come in steps, so that those who follow get a fair chance and the look
// at all requests in flight costs little.
constexpr std::chrono::milliseconds kBetweenCuts{50};

std::shared_ptr<const Error> MakeError(ErrorKind kind, std::string message) {
  return std::make_shared<const Error>(
      Error{.kind = kind, .message = std::move(message)});
}

// Of what was not asked because of `cause`, another query's error.
std::shared_ptr<const Error> NotAsked(const std::string& why,
                                      const Error& cause) {
  Error error = While("not asked: " + why, cause);
  // The message has the cloud's words. Alone they would pass for the answer to
  // this query.
  error.cloud_text.clear();
  return std::make_shared<const Error>(std::move(error));
}

// "12", for a person: rounded up, at least "1".
std::string SecondsUntil(SteadyTime end, SteadyTime now) {
  const auto left = std::chrono::ceil<std::chrono::seconds>(end - now).count();
  return std::to_string(std::max<decltype(left)>(1, left));
}

// Why `entry` has no answer although the time of somebody who waits is up.
std::shared_ptr<const Error> WhyNotAnswered(const Entry& entry,
                                            SteadyTime now) {
  using Kind = ProjectState::Admission::Kind;
  if (entry.phase == Entry::Phase::kAsked) {
    return MakeError(ErrorKind::kTimeout,
                     "no answer within the budget of the scrape");
  }
  if (entry.last_error) return entry.last_error;
  switch (entry.project->admission.kind) {
    case Kind::kRefused:
      return entry.project->admission.refusal;
    case Kind::kCredentials:
      return MakeError(ErrorKind::kCredentials,
                       "no credentials within the budget of the scrape");
    case Kind::kPause:
      return NotAsked("the cloud throttles this project for " +
                          SecondsUntil(entry.project->pause().Until(), now) +
                          " s more",
                      *entry.project->throttled_by);
    case Kind::kRate:
      return MakeError(ErrorKind::kRateLimited,
                       "not asked: its turn under rate_limit came too late");
    case Kind::kGate:
      if (const auto& last = entry.project->gate().NoVerdict()) {
        return NotAsked(
            "the credentials are not proven yet, and the last query said",
            *last);
      }
      return MakeError(ErrorKind::kTimeout,
                       "not asked: the credentials are not proven yet");
    case Kind::kOpen:
      break;
  }
  return MakeError(ErrorKind::kTimeout,
                   "not asked within the budget of the scrape");
}

SteadyTime LastDeadline(const Entry& entry) {
  SteadyTime last = SteadyTime::min();
  for (const auto& waiter : entry.waiters) {
    last = std::max(last, waiter.scrape->deadline);
  }
  return last;
}

}  // namespace

Plan Planner::Advance(Instant now) {
  Plan plan;
  wake_at_ = SteadyTime::max();
  WakeRested(now.steady);
  ExpireScrapes(now, plan);
  // Of all of them first: the gate that one opens is another's, too, and a
  // renewal goes through it.
  for (const auto& project : projects_) project->NoticeNewCredentials();
  for (const auto& project : projects_) {
    Renew(project, now, plan);
    Settle(*project, now, plan);
  }
  do {
    Dispatch(now, plan);
  } while (CutSlowRequests(now, plan));
  std::erase_if(projects_, [](const auto& project) {
    return project->retired && !project->HasQueued() && project->in_flight == 0;
  });
  CollectFinished(now, plan);
  plan.health = std::exchange(health_, {});
  for (const auto& [id, scrape] : scrapes_) WakeBy(scrape->deadline);
  if (!resting_.empty()) WakeBy(resting_.begin()->first);
  for (const auto& project : projects_) {
    if (project->HasQueued() || project->listing_wanted) {
      WakeBy(project->admission.until);
    }
  }
  return plan;
}

void Planner::WakeRested(SteadyTime now) {
  while (!resting_.empty() && resting_.begin()->first <= now) {
    const std::shared_ptr<Entry> entry = resting_.begin()->second;
    resting_.erase(resting_.begin());
    entry->project->Enqueue(*entry);
  }
}

void Planner::ExpireScrapes(Instant now, Plan& plan) {
  for (const auto& [id, scrape] : scrapes_) {
    if (scrape->deadline <= now.steady && scrape->missing > 0) {
      Expire(*scrape, now, plan);
    }
  }
}

void Planner::Expire(Scrape& scrape, Instant now, Plan& plan) {
  for (std::size_t slot = 0; slot < scrape.waiting_for.size(); ++slot) {
    const std::shared_ptr<Entry> entry = scrape.waiting_for[slot];
    if (!entry) continue;
    if (entry->waiters.size() == 1) {
      GiveUp(*entry, WhyNotAnswered(*entry, now.steady), now, plan);
      continue;
    }
    std::erase_if(entry->waiters,
                  [&](const auto& waiter) { return waiter.scrape == &scrape; });
    Reading& reading = scrape.readings[slot];
    reading = entry->memory.ReadFailure(
        reading.dataset, WhyNotAnswered(*entry, now.steady),
        now.steady - entry->wanted_at, settings_.memory, now.steady);
    scrape.waiting_for[slot].reset();
    --scrape.missing;
  }
}

// One renewal serves everybody who waits for the credentials; they see to it. A
// token is asked for with the password, so that its request counts against the
// account as a query does.
void Planner::Renew(const std::shared_ptr<ProjectState>& project, Instant now,
                    Plan& plan) {
  if (project->retired) return;
  if (!project->HasQueued() && !project->listing_wanted) return;
  Credentials& credentials = project->credentials();
  AccountGate& gate = project->gate();
  if (gate.Ask(credentials.MayLock(), now.steady) != AccountGate::Answer::kGo)
    return;
  std::optional<Credentials::RenewalRequest> request =
      credentials.Renewal(now.wall);
  if (!request) return;
  Renewing renewing{.project = project, .pass = std::nullopt};
  if (request->kind == Credentials::RenewalKind::kToken) {
    renewing.pass = gate.Enter(now.steady);
  }
  const std::uint64_t id = ++last_rank_;
  renewing_.emplace(id, std::move(renewing));
  plan.renewals.push_back({.id = id,
                           .project = project->settings(),
                           .request = std::move(*request)});
}

void Planner::Settle(ProjectState& project, Instant now, Plan& plan) {
  using Kind = ProjectState::Admission::Kind;
  if (!project.HasQueued() && !project.listing_wanted) {
    NoteHoldUp(project, now.steady);
    return;
  }
  project.admission = project.Admit(now);
  switch (project.admission.kind) {
    case Kind::kRefused:
      RefuseQueued(project, now, plan);
      break;
    case Kind::kPause:
    case Kind::kRate:
      FailOutOfReach(project, now);
      break;
    case Kind::kOpen:
    case Kind::kCredentials:
    case Kind::kGate:
      break;
  }
  NoteHoldUp(project, now.steady);
}

void Planner::RefuseQueued(ProjectState& project, Instant now, Plan& plan) {
  const std::shared_ptr<const Error>& refusal = project.admission.refusal;
  if (refusal->kind == ErrorKind::kUnauthorized && !project.held_back) {
    project.held_back = true;
    plan.held_back.push_back({project.settings(), refusal});
  }
  for (Entry* entry : project.Queued()) {
    project.Dequeue(*entry);
    Fail(*entry, refusal, now);
  }
  if (project.listing_wanted) {
    project.listing_wanted = false;
    plan.refused_listings.push_back({project.settings(), refusal});
  }
}

void Planner::FailOutOfReach(ProjectState& project, Instant now) {
  if (project.reach_is_known) return;
  const bool paused = now.steady < project.pause().Until();
  std::size_t before = 0;
  for (Entry* entry : project.Queued()) {
    if (project.TurnAfter(before, now.steady) < LastDeadline(*entry)) {
      ++before;
      continue;
    }
    auto error = WhyNotAnswered(*entry, now.steady);
    project.Dequeue(*entry);
    Fail(*entry, std::move(error), now);
  }
  // A pause may end earlier than expected; a turn under the limit may not.
  project.reach_is_known = !paused || before == 0;
}

void Planner::NoteHoldUp(ProjectState& project, SteadyTime now) {
  using Kind = ProjectState::Admission::Kind;
  const bool held_up =
      project.HasQueued() && (project.admission.kind == Kind::kPause ||
                              project.admission.kind == Kind::kRate);
  if (project.held_up_since) {
    counts_.held_up += now - *project.held_up_since;
    project.held_up_since.reset();
  }
  if (held_up) project.held_up_since = now;
}

void Planner::Dispatch(Instant now, Plan& plan) {
  while (running_.size() < settings_.concurrency) {
    const std::shared_ptr<ProjectState> project = NextProject();
    if (!project) return;
    // A request of another project may have closed the gate that both share.
    Settle(*project, now, plan);
    if (project->admission.kind == ProjectState::Admission::Kind::kOpen) {
      Ask(project, now, plan);
    }
  }
}

std::shared_ptr<ProjectState> Planner::NextProject() const {
  const std::size_t half = std::max<std::size_t>(1, settings_.concurrency / 2);
  const bool suspects_too = MayAskSuspects();
  std::shared_ptr<ProjectState> next;
  std::size_t waiting = 0;
  std::shared_ptr<ProjectState> over_half;
  for (const auto& project : projects_) {
    if (project->admission.kind != ProjectState::Admission::Kind::kOpen) {
      continue;
    }
    if (!project->listing_wanted && !project->HasFresh() &&
        !(suspects_too && project->HasSuspects())) {
      continue;
    }
    ++waiting;
    if (project->in_flight >= half) {
      over_half = project;
    } else if (!next || project->last_served < next->last_served) {
      next = project;
    }
  }
  // Nobody else waits: then one project may have all workers.
  return !next && waiting == 1 ? over_half : next;
}

bool Planner::FreshWaits() const {
  return std::any_of(
      projects_.begin(), projects_.end(), [](const auto& project) {
        return project->HasFresh() &&
               project->admission.kind == ProjectState::Admission::Kind::kOpen;
      });
}

bool Planner::MayAskSuspects() const {
  return suspects_running_ <
             std::max<std::size_t>(1, settings_.concurrency / 2) ||
         !FreshWaits();
}

void Planner::Ask(const std::shared_ptr<ProjectState>& project, Instant now,
                  Plan& plan) {
  const RequestId request = ++last_rank_;
  Running running{.entry = nullptr,
                  .project = project,
                  .began = now.steady,
                  .suspect = false,
                  .generation = project->credentials().Generation(),
                  .pass = project->Enter(now.steady)};
  project->last_served = request;
  ++project->in_flight;
  retries_.CountRequest(now.steady);
  if (project->listing_wanted) {
    project->listing_wanted = false;
    plan.lists.push_back({request, project->settings()});
    running_.emplace(request, std::move(running));
    return;
  }
  Entry& entry = project->Next(MayAskSuspects());
  project->Dequeue(entry);
  const bool is_retry = entry.retried;
  entry.phase = Entry::Phase::kAsked;
  entry.last_asked = request;
  entry.request = request;
  entry.asked = true;
  running.suspect = entry.suspect;
  if (running.suspect) ++suspects_running_;
  const Entry::Waiter& waiter = entry.waiters.front();
  running.entry = waiter.scrape->waiting_for[waiter.slot];
  plan.asks.push_back({.request = request,
                       .project = project->settings(),
                       .dataset = entry.key,
                       .is_retry = is_retry});
  running_.emplace(request, std::move(running));
}

bool Planner::CutSlowRequests(Instant now, Plan& plan) {
  if (running_.size() < settings_.concurrency || !FreshWaits()) return false;
  if (now.steady < next_cut_) {
    WakeBy(next_cut_);
    return false;
  }
  std::size_t may_stay = settings_.concurrency / 2;
  std::vector<RequestId> cut;
  for (const auto& [request, running] : running_) {
    const bool is_slow = running.entry && now.steady - running.began >=
                                              running.project->Patience();
    if (!is_slow) continue;
    if (may_stay > 0) {
      --may_stay;
    } else {
      cut.push_back(request);
    }
  }
  for (const RequestId request : cut) {
    plan.cancels.push_back(request);
    const Running running = TakeRunning(request);
    LeaveGate(running, AccountGate::Verdict::kNone, nullptr, now.steady);
    running.entry->suspect = true;
    running.project->Enqueue(*running.entry);
    Settle(*running.project, now, plan);
  }
  next_cut_ = now.steady + kBetweenCuts;
  WakeBy(next_cut_);
  return !cut.empty();
}

void Planner::CollectFinished(Instant now, Plan& plan) {
  for (auto it = scrapes_.begin(); it != scrapes_.end();) {
    Scrape& scrape = *it->second;
    if (scrape.missing > 0) {
      ++it;
      continue;
    }
    Collection collection{.catalogue = std::move(scrape.catalogue),
                          .readings = std::move(scrape.readings),
                          .duration = now.steady - scrape.began,
                          .budget = scrape.deadline - scrape.began};
    for (const Reading& reading : collection.readings) {
      if (reading.failure) ++collection.errors;
    }
    plan.finished.push_back({scrape.id, std::move(collection)});
    it = scrapes_.erase(it);
  }
}

}  // namespace exporter
