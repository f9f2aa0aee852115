#include "collect/planner.h"

#include <algorithm>
#include <utility>

namespace exporter {
namespace {

constexpr std::chrono::milliseconds kLongestRest{200};
constexpr std::chrono::minutes kLeastStay{15};  // Of who may come back.

}  // namespace

void Planner::Configure(
    const PlannerSettings& settings,
    std::span<const std::shared_ptr<const ProjectSettings>> projects,
    std::shared_ptr<const Catalogue> catalogue, Instant now) {
  settings_ = settings;

  std::map<std::string, std::shared_ptr<ProjectState>> known;
  for (const auto& project : projects_) {
    known[project->settings()->project_id] = project;
    project->retired = true;
  }
  for (const auto& wanted : projects) {
    std::shared_ptr<ProjectState>& project = known[wanted->project_id];
    if (project) {
      project->Apply(wanted, shared_, now.steady);
    } else {
      project = std::make_shared<ProjectState>(wanted, shared_, now.steady);
      projects_.push_back(project);
    }
  }

  std::erase_if(departed_, [&](const auto& departed) {
    return departed.second.forget_at <= now.steady;
  });
  std::map<DatasetKey, std::shared_ptr<Entry>> remembered;
  for (const auto& entry : entries_) remembered[entry->key] = entry;
  std::vector<std::shared_ptr<Entry>> entries;
  entries.reserve(catalogue->datasets.size());
  for (const Dataset& dataset : catalogue->datasets) {
    const auto kept = remembered.extract(dataset.key);
    auto entry = kept ? kept.mapped() : ComeBack(dataset.key);
    // Another one only where the project was gone and nobody waited in it.
    entry->project = known.at(dataset.key.project_id);
    const bool queued = entry->phase == Entry::Phase::kQueued;
    if (queued) entry->project->Dequeue(*entry);
    entry->order = entries.size();
    if (queued) entry->project->Enqueue(*entry);
    entries.push_back(std::move(entry));
  }
  entries_ = std::move(entries);
  catalogue_ = std::move(catalogue);
  Depart(remembered, now.steady);
}

void Planner::Depart(const std::map<DatasetKey, std::shared_ptr<Entry>>& gone,
                     SteadyTime now) {
  for (const auto& [dataset, entry] : gone) {
    const auto& discovery = entry->project->settings()->discovery;
    SteadyDuration stay = kLeastStay;
    if (discovery) {
      stay =
          std::max<SteadyDuration>(stay, discovery->refresh_interval * 5 / 2);
    }
    departed_.insert_or_assign(dataset, Departed{entry, now + stay});
  }
}

std::shared_ptr<Entry> Planner::ComeBack(const DatasetKey& dataset) {
  if (const auto departed = departed_.extract(dataset)) {
    return std::move(departed.mapped().entry);
  }
  auto entry = std::make_shared<Entry>();
  entry->key = dataset;
  return entry;
}

Source Planner::SourceOf(std::size_t dataset, SteadyTime now) const {
  const Entry& entry = *entries_.at(dataset);
  if (entry.phase != Entry::Phase::kIdle) {
    return {Source::Kind::kQueryUnderWay, now - entry.wanted_at};
  }
  if (entry.memory.IsFresh(settings_.memory, now)) {
    return {Source::Kind::kMemory, entry.memory.Age(now)};
  }
  return {};
}

void Planner::Begin(ScrapeId scrape, std::span<const std::size_t> datasets,
                    SteadyTime deadline, Instant now) {
  auto& begun = scrapes_[scrape];
  begun = std::make_unique<Scrape>(Scrape{.id = scrape,
                                          .began = now.steady,
                                          .deadline = deadline,
                                          .catalogue = catalogue_,
                                          .readings = {},
                                          .waiting_for = {}});
  begun->readings.resize(datasets.size());
  begun->waiting_for.resize(datasets.size());
  counts_.wanted += datasets.size();
  for (std::size_t slot = 0; slot < datasets.size(); ++slot) {
    const std::shared_ptr<Entry>& entry = entries_.at(datasets[slot]);
    begun->readings[slot].dataset = datasets[slot];
    switch (SourceOf(datasets[slot], now.steady).kind) {
      case Source::Kind::kMemory:
        begun->readings[slot] =
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
    entry->waiters.push_back({begun.get(), slot});
    begun->waiting_for[slot] = entry;
    ++begun->missing;
  }
}

Planner::Running Planner::TakeRunning(RequestId request) {
  const auto found = running_.find(request);
  Running running = std::move(found->second);
  running_.erase(found);
  --running.project->in_flight;
  if (running.straggler) --stragglers_running_;
  return running;
}

void Planner::Answered(RequestId request, Answer answer, Instant now) {
  if (!running_.contains(request)) return;
  const Running running = TakeRunning(request);
  ProjectState& project = *running.project;
  if (answer.result) {
    project.held_back = false;
    project.NoteAnswerTime(now.steady - running.began);
  }
  project.reach_is_known = false;
  const Admission::Next next = Judge(running, answer, now);
  if (running.entry) {
    EndTry(*running.entry, running, std::move(answer), next, now);
  } else if (!answer.result && answer.result.error().http_status == 401) {
    project.listing_refused_in = project.admission().StandingEpoch();
  } else {
    project.listing_refused_in = 0;
  }
}

Admission::Next Planner::Judge(const Running& running, const Answer& answer,
                               Instant now) {
  return running.project->admission().Ended(
      running.pass,
      {.error = answer.result ? nullptr : &answer.result.error(),
       .retry_after = answer.retry_after,
       .quota = answer.quota,
       .is_limit_of_user = answer.is_limit_of_user},
      &answer.proved, [&] { return IsOnlyGoodOne(running); }, now, rng_);
}

bool Planner::IsOnlyGoodOne(const Running& running) const {
  const Admission& admission = running.project->admission();
  return std::none_of(entries_.begin(), entries_.end(), [&](const auto& entry) {
    return entry != running.entry &&
           admission.SharesBreakerWith(entry->project->admission()) &&
           admission.IsFreshProbe(NameOf(*entry),
                                  entry->project->IsGood(*entry));
  });
}

void Planner::EndTry(Entry& entry, const Running& running, Answer answer,
                     Admission::Next next, Instant now) {
  entry.straggler = false;
  if (answer.result) {
    entry.refused_in = 0;
    Succeed(entry, std::move(*answer.result).value(), now);
    return;
  }
  auto error = std::make_shared<const Error>(answer.result.error());
  switch (next) {
    case Admission::Next::kKeepsItsPlace:
      entry.last_asked = entry.asked_before;
      AskAgain(entry, std::move(error));
      return;
    case Admission::Next::kBroke:
      entry.broke_in = running.project->admission().outage().Number();
      AskAgain(entry, std::move(error));
      return;
    case Admission::Next::kRepeats:
      if (entry.repeated) break;
      entry.repeated = true;
      entry.repeated_after = running.pass.generation;
      AskAgain(entry, std::move(error));
      return;
    case Admission::Next::kMayRetry:
      if (!MayRetry(entry, now)) break;
      entry.last_error = std::move(error);
      entry.phase = Entry::Phase::kResting;
      resting_.emplace(entry.resting_until, running.entry);
      return;
    case Admission::Next::kDone:
      entry.straggler = error->kind == ErrorKind::kTimeout;
      break;
  }
  if (error->http_status == 401) {
    entry.refused_in = running.project->admission().StandingEpoch();
  } else if (error->http_status > 0) {
    entry.refused_in = 0;
  }
  Fail(entry, std::move(error), now);
}

void Planner::AskAgain(Entry& entry, std::shared_ptr<const Error> error) {
  entry.last_error = std::move(error);
  entry.project->Enqueue(entry);
}

bool Planner::MayRetry(Entry& entry, Instant now) {
  if (entry.retried) return false;
  entry.resting_until = now.steady + Jittered(kLongestRest, rng_);
  const bool somebody_waits_so_long = std::any_of(
      entry.waiters.begin(), entry.waiters.end(), [&](const auto& waiter) {
        return waiter.scrape->deadline > entry.resting_until;
      });
  if (!somebody_waits_so_long || !retries_.Take(now.steady)) return false;
  entry.retried = true;
  return true;
}

void Planner::Succeed(Entry& entry, SyncStatus status, Instant now) {
  entry.memory.Succeeded(std::move(status), now, now.steady - entry.wanted_at);
  if (entry.health) {
    entry.health.reset();
    health_.push_back({entry.key, entry.project->settings(), nullptr});
  }
  AnswerWaiters(entry, now);
}

void Planner::Fail(Entry& entry, std::shared_ptr<const Error> error,
                   Instant now) {
  if (entry.asked && entry.health != error->kind) {
    entry.health = error->kind;
    health_.push_back({entry.key, entry.project->settings(), error});
  }
  entry.memory.Failed(std::move(error), entry.asked, now,
                      now.steady - entry.wanted_at);
  AnswerWaiters(entry, now);
}

void Planner::AnswerWaiters(Entry& entry, Instant now) {
  entry.phase = Entry::Phase::kIdle;
  entry.asked = false;
  entry.retried = false;
  entry.repeated = false;
  entry.broke_in = 0;
  entry.last_error.reset();
  const Memory& memory = entry.memory;
  std::shared_ptr<Entry> kept;  // A slot may be the last that does.
  for (const auto& [scrape, slot] : entry.waiters) {
    Reading& reading = scrape->readings[slot];
    reading = memory.Read(reading.dataset, settings_.memory, now.steady);
    kept = std::move(scrape->waiting_for[slot]);
    --scrape->missing;
  }
  entry.waiters.clear();
}

void Planner::GiveUp(Entry& entry, std::shared_ptr<const Error> error,
                     Instant now, Plan& plan) {
  switch (entry.phase) {
    case Entry::Phase::kAsked: {
      plan.cancels.push_back(entry.request);
      const Running running = TakeRunning(entry.request);
      running.project->admission().Abandoned(running.pass, error, now.steady);
      entry.straggler =
          now.steady - running.began >= running.project->Patience();
      break;
    }
    case Entry::Phase::kQueued:
      entry.project->Dequeue(entry);
      break;
    case Entry::Phase::kResting:
      std::erase_if(resting_, [&](const auto& rest) {
        return rest.second.get() == &entry;
      });
      break;
    case Entry::Phase::kIdle:
      return;
  }
  Fail(entry, std::move(error), now);
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
  const std::shared_ptr<ProjectState> project = std::move(found->second);
  renewing_.erase(found);
  project->admission().RenewalEnded(
      {.error = answer.error ? &*answer.error : nullptr,
       .retry_after = answer.retry_after,
       .quota = answer.quota},
      now, rng_);
}

Overview Planner::Look(SteadyTime now) const {
  Overview overview;
  overview.catalogue = catalogue_;
  overview.rows.reserve(entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Memory& memory = entries_[i]->memory;
    Overview::Row row;
    row.reading.dataset = i;
    if (memory.HasOutcome()) {
      row.reading = memory.Read(i, settings_.memory, now);
    }
    row.last_good = memory.LastGood();
    row.trail = memory.Trail();
    overview.rows.push_back(std::move(row));
  }
  return overview;
}

}  // namespace exporter
