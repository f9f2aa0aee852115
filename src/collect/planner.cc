#include "collect/planner.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "collect/unanswered.h"

namespace exporter {

void Planner::Configure(
    const PlannerSettings& settings,
    std::span<const std::shared_ptr<const ProjectSettings>> projects,
    std::shared_ptr<const Catalogue> catalogue, Instant now) {
  settings_ = settings;
  share_.SetWorkers(settings.concurrency);
  outcomes_.SetLimits(settings.memory);

  Roster::Projects known;
  for (const auto& project : projects_) {
    known[project->settings()->project_id] = project;
    project->retired = true;
  }
  for (const auto& wanted : projects) {
    std::shared_ptr<ProjectState>& project = known[wanted->project_id];
    if (project) {
      project->Apply(wanted, shared_);
    } else {
      project = std::make_shared<ProjectState>(wanted, shared_);
      projects_.push_back(project);
    }
  }
  roster_.Replace(std::move(catalogue), known, now.steady);
}

Source Planner::SourceOf(std::size_t dataset, SteadyTime now) const {
  const Entry& entry = *roster_.At(dataset);
  if (!entry.phase.Is(Entry::Phase::kIdle)) {
    return {Source::Kind::kQueryUnderWay, now - entry.wanted_at};
  }
  if (entry.memory.IsFresh(settings_.memory, now)) {
    return {Source::Kind::kMemory, entry.memory.Age(now)};
  }
  return {};
}

ScrapeId Planner::Begin(ScrapeOrder order,
                        std::span<const std::size_t> datasets, Instant now) {
  Scrape& begun =
      scrapes_.Begin(std::move(order), roster_.catalogue(), datasets.size());
  counts_.wanted += datasets.size();
  for (std::size_t slot = 0; slot < datasets.size(); ++slot) {
    const std::shared_ptr<Entry>& entry = roster_.At(datasets[slot]);
    begun.readings[slot].dataset = datasets[slot];
    switch (SourceOf(datasets[slot], now.steady).kind) {
      case Source::Kind::kMemory:
        begun.readings[slot] =
            entry->memory.Read(datasets[slot], settings_.memory, now.steady);
        ++counts_.shared;
        continue;
      case Source::Kind::kQueryUnderWay:
        ++counts_.shared;
        break;
      case Source::Kind::kNewQuery:
        entry->wanted_at = now.steady;
        entry->project->Enqueue(*entry);
        break;
    }
    entry->waiters.push_front({&begun, slot});
    begun.waiting_for[slot] = entry;
    ++begun.missing;
  }
  return scrapes_.Last();
}

void Planner::Answered(RequestId request, Answer answer, Instant now) {
  if (!share_.IsInFlight(request)) return;
  const Running running = share_.End(request);
  ProjectState& project = *running.project;
  if (answer.result) {
    project.NoteAnswer(now.steady - running.began);
  }
  project.Unsettle();
  const Admission::Next next = project.admission().Ended(
      running.pass,
      {.error = answer.result ? nullptr : &answer.result.error(),
       .retry_after = answer.retry_after,
       .quota = answer.quota,
       .is_limit_of_user = answer.is_limit_of_user},
      &answer.proved,
      [&] {
        return !roster_.HasAnotherProbe(project.admission(),
                                        running.entry.get());
      },
      now, rng_);
  if (running.entry) {
    EndTry(*running.entry, running, std::move(answer), next, now);
  } else {
    project.listing_standing.Note(
        answer.result ? nullptr : &answer.result.error(),
        project.admission().StandingEpoch());
  }
}

void Planner::EndTry(Entry& entry, const Running& running, Answer&& answer,
                     Admission::Next next, Instant now) {
  entry.straggler = false;
  if (answer.result) {
    entry.standing.Note(nullptr, 0);
    outcomes_.Succeed(entry, std::move(*answer.result).value(), now);
    return;
  }
  auto error = std::make_shared<const Error>(answer.result.error());
  const auto ask_again = [&] {
    entry.last_error = std::move(error);
    entry.project->Enqueue(entry);
  };
  switch (next) {
    case Admission::Next::kKeepsItsPlace:
      entry.last_asked = entry.asked_before;
      ask_again();
      return;
    case Admission::Next::kBroke:
      entry.broke_in = running.project->admission().pace().outage().Number();
      ask_again();
      return;
    case Admission::Next::kRepeats:
      if (entry.repeated) break;
      entry.repeated = true;
      entry.repeated_after = running.pass.generation;
      ask_again();
      return;
    case Admission::Next::kMayRetry:
      if (!retries_.Rest(running.entry, now.steady, rng_)) break;
      entry.last_error = std::move(error);
      return;
    case Admission::Next::kDone:
      entry.straggler = error->kind == ErrorKind::kTimeout;
      break;
  }
  entry.standing.Note(error.get(),
                      running.project->admission().StandingEpoch());
  outcomes_.Fail(entry, std::move(error), now);
}

void Planner::GiveUp(Entry& entry, std::shared_ptr<const Error> error,
                     Instant now, Plan& plan) {
  switch (entry.phase.Now()) {
    case Entry::Phase::kAsked: {
      plan.cancels.push_back({.request = entry.last_asked});
      const Running running = share_.End(entry.last_asked);
      running.project->admission().Abandoned(running.pass, error, now.steady);
      entry.straggler =
          now.steady - running.began >= running.project->Patience();
      break;
    }
    case Entry::Phase::kQueued:
      entry.project->Dequeue(entry);
      break;
    case Entry::Phase::kResting:
      retries_.Drop(entry);
      break;
    case Entry::Phase::kIdle:
      return;
  }
  outcomes_.Fail(entry, std::move(error), now);
}

void Planner::WantListing(const std::string& project_id) {
  for (const auto& project : projects_) {
    if (!project->retired && project->settings()->project_id == project_id) {
      project->listing_wanted = true;
    }
  }
}

void Planner::RenewalEnded(std::uint64_t id, const RenewalAnswer& answer,
                           Instant now) {
  const auto found = renewing_.find(id);
  if (found == renewing_.end()) return;
  const Renewing ended = std::move(found->second);
  renewing_.erase(found);
  ended.project->admission().renewals().Ended(
      ended.pass,
      {.error = answer.error ? &*answer.error : nullptr,
       .retry_after = answer.retry_after,
       .quota = answer.quota},
      now, rng_);
}

Plan Planner::Advance(Instant now) {
  Plan plan;
  retries_.Wake(now.steady);
  for (Scrape* scrape : scrapes_.Overdue(now.steady)) {
    Expire(*scrape, now, plan);
  }
  // Of all of them first: the gate that one opens is another's, too, and a
  // renewal goes through it.
  for (const auto& project : projects_) {
    project->admission().NoticeNewCredentials(now.steady);
  }
  for (const auto& project : projects_) {
    Renew(project, now, plan);
    counts_.held_up += project->Settle(now, outcomes_, plan);
  }
  do {
    Dispatch(now, plan);
  } while (CutSlowRequests(now, plan));
  std::erase_if(projects_, [](const auto& project) {
    return project->retired && project->queue().IsEmpty() &&
           project->in_flight == 0;
  });
  plan.finished = scrapes_.TakeFinished(now.steady);
  plan.health = outcomes_.TakeHealthChanges();
  wake_at_ = std::min(
      {scrapes_.NextDeadline(), retries_.WakeAt(), share_.NextCutAt()});
  for (const auto& project : projects_) {
    wake_at_ = std::min(wake_at_, project->SettleAt());
  }
  return plan;
}

void Planner::Expire(Scrape& scrape, Instant now, Plan& plan) {
  for (std::size_t slot = 0; slot < scrape.waiting_for.size(); ++slot) {
    const std::shared_ptr<Entry> entry = scrape.waiting_for[slot];
    if (!entry) continue;
    auto why = WhyNotAnswered(*entry, entry->project->decision(), now.steady);
    if (std::next(entry->waiters.begin()) == entry->waiters.end()) {
      GiveUp(*entry, std::move(why), now, plan);
    } else {
      outcomes_.Leave(scrape, slot, std::move(why), now.steady);
    }
  }
}

// One renewal serves everybody who waits for the credentials.
void Planner::Renew(const std::shared_ptr<ProjectState>& project, Instant now,
                    Plan& plan) {
  if (project->retired) return;
  if (project->queue().IsEmpty() && !project->listing_wanted) return;
  std::optional<RenewalGate::Renewal> renewal =
      project->admission().renewals().Renew(now);
  if (!renewal) return;
  const std::uint64_t id = ++last_rank_;
  renewing_.emplace(id, Renewing{project, std::move(renewal->pass)});
  plan.renewals.push_back({.id = id,
                           .project = project->settings(),
                           .request = std::move(renewal->request)});
}

void Planner::Dispatch(Instant now, Plan& plan) {
  while (share_.HasFreeWorker()) {
    const std::shared_ptr<ProjectState> project = share_.Next(projects_);
    if (!project) return;
    // A request of another project may have closed the gate that both share.
    counts_.held_up += project->Settle(now, outcomes_, plan);
    if (project->decision().MayGo()) Ask(project, now, plan);
  }
}

void Planner::Ask(const std::shared_ptr<ProjectState>& project, Instant now,
                  Plan& plan) {
  const RequestId request = ++last_rank_;
  Running running{.project = project, .began = now.steady};
  project->Unsettle();
  retries_.CountRequest(now.steady);
  Admission& admission = project->admission();
  if (project->listing_wanted) {
    project->listing_wanted = false;
    running.pass = admission.Enter(project->Listing(), now.steady);
    plan.lists.push_back({request, project->settings()});
    share_.Begin(request, std::move(running));
    return;
  }
  Entry& entry = project->Next(share_.MayAskStragglers(projects_));
  project->Dequeue(entry);
  // What was refused a moment ago is no news when it is refused once more.
  const bool is_known =
      entry.repeated &&
      entry.repeated_after == admission.credentials().Generation();
  running.pass = admission.Enter(
      {.name = NameOf(entry),
       .was_good =
           entry.standing.IsGood(admission.StandingEpoch()) && !is_known,
       .was_answered = entry.memory.LastGood() != nullptr,
       .broke_in = entry.broke_in},
      now.steady);
  const bool is_retry = entry.retried;
  entry.phase.MoveTo(Entry::Phase::kAsked);
  entry.asked_before = std::exchange(entry.last_asked, request);
  entry.asked = true;
  running.straggler = entry.straggler;
  const Entry::Waiter& waiter = entry.waiters.front();
  running.entry = waiter.scrape->waiting_for[waiter.slot];
  plan.asks.push_back({.request = request,
                       .project = project->settings(),
                       .dataset = entry.key,
                       .is_retry = is_retry});
  share_.Begin(request, std::move(running));
}

bool Planner::CutSlowRequests(Instant now, Plan& plan) {
  const std::vector<RequestId> cut = share_.Cut(projects_, now.steady);
  for (const RequestId request : cut) {
    plan.cancels.push_back({.request = request, .is_cut = true});
    const Running running = share_.End(request);
    running.project->admission().Abandoned(running.pass, nullptr, now.steady);
    running.entry->straggler = true;
    running.project->Enqueue(*running.entry);
    counts_.held_up += running.project->Settle(now, outcomes_, plan);
  }
  return !cut.empty();
}

}  // namespace exporter
