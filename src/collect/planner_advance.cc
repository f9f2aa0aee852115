// What the planner does as time passes: see planner.h for the rules.

#include <algorithm>
#include <utility>

#include "collect/planner.h"

namespace exporter {
namespace {

// Cuts come in steps, so that those who follow get a fair chance and the look
// at all requests in flight costs little.
constexpr std::chrono::milliseconds kBetweenCuts{50};
// An outage that has lasted long may end just now.
constexpr std::chrono::seconds kWaitInLongOutage{1};

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
  using Kind = Admission::Decision::Kind;
  if (entry.phase == Entry::Phase::kAsked) {
    return MakeError(ErrorKind::kTimeout,
                     "no answer within the budget of the scrape");
  }
  if (entry.last_error) return entry.last_error;
  const Admission::Decision& decision = entry.project->decision;
  switch (decision.kind) {
    case Kind::kRefused:
      return decision.why;
    case Kind::kCredentials:
      if (decision.why) return decision.why;
      return MakeError(ErrorKind::kCredentials,
                       "no credentials within the budget of the scrape");
    case Kind::kPause:
      if (!decision.why) break;
      return NotAsked("the cloud throttles this " +
                          std::string(decision.whose_limit) + " for " +
                          SecondsUntil(decision.until, now) + " s more",
                      *decision.why);
    case Kind::kOutage:
      if (!decision.why) break;
      return NotAsked("the last connections broke", *decision.why);
    case Kind::kRate:
      return MakeError(ErrorKind::kRateLimited,
                       "not asked: its turn under rate_limit came too late");
    case Kind::kProof:
      if (decision.why) {
        return NotAsked(
            "the credentials are not proven yet, and the last query said",
            *decision.why);
      }
      return MakeError(ErrorKind::kTimeout,
                       "not asked: the credentials are not proven yet");
    case Kind::kOpen:
    case Kind::kProbe:
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
  for (const auto& project : projects_) {
    project->admission().NoticeNewCredentials(now.steady);
  }
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
      WakeBy(project->decision.until);
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

// One renewal serves everybody who waits for the credentials.
void Planner::Renew(const std::shared_ptr<ProjectState>& project, Instant now,
                    Plan& plan) {
  if (project->retired) return;
  if (!project->HasQueued() && !project->listing_wanted) return;
  std::optional<Credentials::RenewalRequest> request =
      project->admission().Renew(now);
  if (!request) return;
  const std::uint64_t id = ++last_rank_;
  renewing_.emplace(id, project);
  plan.renewals.push_back({.id = id,
                           .project = project->settings(),
                           .request = std::move(*request)});
}

void Planner::Settle(ProjectState& project, Instant now, Plan& plan) {
  using Kind = Admission::Decision::Kind;
  if (!project.HasQueued() && !project.listing_wanted) {
    NoteHoldUp(project, now.steady);
    return;
  }
  project.decision = project.Decide(now);
  switch (project.decision.kind) {
    case Kind::kRefused:
      RefuseQueued(project, now, plan);
      break;
    case Kind::kPause:
    case Kind::kRate:
      FailOutOfReach(project, now);
      break;
    case Kind::kCredentials:
    case Kind::kOutage:
      FailWhoCannotWait(project, now);
      break;
    case Kind::kOpen:
    case Kind::kProbe:
    case Kind::kProof:
      break;
  }
  NoteHoldUp(project, now.steady);
}

void Planner::RefuseQueued(ProjectState& project, Instant now, Plan& plan) {
  const std::shared_ptr<const Error> refusal = project.decision.why;
  if (refusal->kind == ErrorKind::kUnauthorized && !project.held_back) {
    project.held_back = true;
    plan.held_back.push_back({project.settings(), refusal});
  }
  for (Entry* entry : project.Queued()) {
    project.Dequeue(*entry);
    Fail(*entry, entry->last_error ? entry->last_error : refusal, now);
  }
  if (project.listing_wanted) {
    project.listing_wanted = false;
    plan.refused_listings.push_back({project.settings(), refusal});
  }
}

void Planner::FailOutOfReach(ProjectState& project, Instant now) {
  if (project.reach_is_known) return;
  const bool paused = project.admission().IsPaused(now.steady);
  std::size_t before = 0;
  for (Entry* entry : project.Queued()) {
    if (project.admission().TurnAfter(before, now.steady) <
        LastDeadline(*entry)) {
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

// Those whose time is up before the credentials can be had, or who have waited
// long enough for the end of a long outage.
void Planner::FailWhoCannotWait(ProjectState& project, Instant now) {
  using Kind = Admission::Decision::Kind;
  const bool is_outage = project.decision.kind == Kind::kOutage;
  if (is_outage && !project.admission().outage().IsLong(now.steady)) return;
  if (!is_outage && !project.decision.why) return;
  for (Entry* entry : project.Queued()) {
    const SteadyTime waits_until =
        is_outage ? entry->wanted_at + kWaitInLongOutage : LastDeadline(*entry);
    if (is_outage ? now.steady < waits_until
                  : project.decision.until < waits_until) {
      if (is_outage) WakeBy(waits_until);
      continue;
    }
    auto error = WhyNotAnswered(*entry, now.steady);
    project.Dequeue(*entry);
    Fail(*entry, std::move(error), now);
  }
}

void Planner::NoteHoldUp(ProjectState& project, SteadyTime now) {
  using Kind = Admission::Decision::Kind;
  const bool held_up =
      project.HasQueued() && (project.decision.kind == Kind::kPause ||
                              project.decision.kind == Kind::kRate);
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
    if (project->decision.MayGo()) Ask(project, now, plan);
  }
}

std::shared_ptr<ProjectState> Planner::NextProject() const {
  const std::size_t half = std::max<std::size_t>(1, settings_.concurrency / 2);
  const bool stragglers_too = MayAskStragglers();
  std::shared_ptr<ProjectState> next;
  std::size_t waiting = 0;
  std::shared_ptr<ProjectState> over_half;
  for (const auto& project : projects_) {
    if (!project->decision.MayGo()) continue;
    if (!project->listing_wanted && !project->HasFresh() &&
        !(stragglers_too && project->HasStragglers())) {
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
  return std::any_of(projects_.begin(), projects_.end(),
                     [](const auto& project) {
                       return project->HasFresh() && project->decision.MayGo();
                     });
}

bool Planner::MayAskStragglers() const {
  return stragglers_running_ <
             std::max<std::size_t>(1, settings_.concurrency / 2) ||
         !FreshWaits();
}

void Planner::Ask(const std::shared_ptr<ProjectState>& project, Instant now,
                  Plan& plan) {
  const RequestId request = ++last_rank_;
  Running running{.entry = nullptr,
                  .project = project,
                  .began = now.steady,
                  .straggler = false,
                  .pass = {}};
  project->last_served = request;
  ++project->in_flight;
  project->reach_is_known = false;
  retries_.CountRequest(now.steady);
  Admission& admission = project->admission();
  if (project->listing_wanted) {
    project->listing_wanted = false;
    running.pass = admission.Enter(
        {.name = project->ListingName(), .was_good = project->IsListingGood()},
        now.steady);
    plan.lists.push_back({request, project->settings()});
    running_.emplace(request, std::move(running));
    return;
  }
  const bool is_probe =
      project->decision.kind == Admission::Decision::Kind::kProbe ||
      admission.outage().IsOut();
  Entry& entry =
      is_probe ? project->NextProbe() : project->Next(MayAskStragglers());
  project->Dequeue(entry);
  // What was refused a moment ago is no news when it is refused once more.
  const bool is_known =
      entry.repeated &&
      entry.repeated_after == admission.credentials().Generation();
  running.pass =
      admission.Enter({.name = NameOf(entry),
                       .was_good = project->IsGood(entry) && !is_known,
                       .was_answered = entry.memory.LastGood() != nullptr,
                       .broke_in = entry.broke_in},
                      now.steady);
  const bool is_retry = entry.retried;
  entry.phase = Entry::Phase::kAsked;
  entry.asked_before = std::exchange(entry.last_asked, request);
  entry.request = request;
  entry.asked = true;
  running.straggler = entry.straggler;
  if (running.straggler) ++stragglers_running_;
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
    running.project->admission().Abandoned(running.pass, nullptr, now.steady);
    running.entry->straggler = true;
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
