#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "collect/planner.h"
#include "support/fake_credentials.h"
#include "support/numbered_name.h"

namespace exporter {

// A planner on a simulated clock, in front of a cloud that is a function: it
// says what becomes of each request, and after what time. Runs in no real time.
class PlannedCloud {
 public:
  struct Fate {
    std::chrono::milliseconds after{1};
    Answer answer;
  };
  struct Asked {
    DatasetKey dataset;
    SteadyTime at;
    bool is_retry;
  };

  explicit PlannedCloud(std::uint64_t seed = 1) : planner(seed) {}

  std::function<Fate(const DatasetKey&)> cloud = [](const DatasetKey&) {
    return Good();
  };

  static Fate Good(SyncState state = SyncState::kCompleted) {
    SyncStatus status;
    status.state = state;
    return {.after = std::chrono::milliseconds(10),
            .answer = {.result = std::optional(std::move(status))}};
  }
  static Fate Bad(ErrorKind kind, int http_status = 0) {
    return {.after = std::chrono::milliseconds(10),
            .answer = {.result = Fail(Error{.kind = kind,
                                            .message = "scripted",
                                            .http_status = http_status})}};
  }
  // Never answers: ends with the timeout of the request.
  static Fate Hangs() {
    return {.after = std::chrono::seconds(5),
            .answer = Bad(ErrorKind::kTimeout).answer};
  }
  static Fate After(std::chrono::milliseconds after, Fate fate) {
    fate.after = after;
    return fate;
  }

  std::shared_ptr<ProjectSettings> AddProject(const std::string& id,
                                              std::size_t datasets) {
    auto project = std::make_shared<ProjectSettings>();
    project->project_id = id;
    project->account = id;
    project->credentials = std::make_shared<FakeCredentials>();
    projects.push_back(project);
    for (std::size_t i = 0; i < datasets; ++i) {
      catalogue->datasets.push_back(Dataset{.key = {id, NumberedName("d", i)}});
    }
    return project;
  }
  FakeCredentials& CredentialsOf(std::size_t project) {
    return dynamic_cast<FakeCredentials&>(*projects.at(project)->credentials);
  }
  void UseKey(std::size_t project) {
    CredentialsOf(project).lockable = Credentials::Lockable::kKey;
  }
  // It has a password, and no token yet.
  FakeCredentials& WantLogin(std::size_t project) {
    FakeCredentials& credentials = CredentialsOf(project);
    credentials.lockable = Credentials::Lockable::kPassword;
    credentials.state = Credentials::Readiness::kPending;
    credentials.renewal_due = true;
    return credentials;
  }
  void RefuseFirstLogin() {
    planner.RenewalEnded(renewals.at(0).id,
                         {.error = Error{.kind = ErrorKind::kUnauthorized,
                                         .message = "refused",
                                         .http_status = 401}},
                         now);
  }
  void RefuseAll() {
    cloud = [](const DatasetKey&) {
      return Bad(ErrorKind::kUnauthorized, 401);
    };
  }
  void Configure() {
    std::vector<std::shared_ptr<const ProjectSettings>> all(projects.begin(),
                                                            projects.end());
    planner.Configure(settings, all, std::make_shared<Catalogue>(*catalogue),
                      now);
  }

  ScrapeId Begin(std::chrono::milliseconds budget) {
    std::vector<std::size_t> all(catalogue->datasets.size());
    std::iota(all.begin(), all.end(), 0);
    return BeginOf(all, budget);
  }
  ScrapeId BeginOf(const std::vector<std::size_t>& datasets,
                   std::chrono::milliseconds budget) {
    const ScrapeId id = planner.Begin(
        {.began = now.steady, .deadline = now.steady + budget}, datasets, now);
    Settle();
    return id;
  }
  // Begins a scrape and lets time pass until it is finished.
  Collection Scrape(std::chrono::milliseconds budget) {
    const ScrapeId id = Begin(budget);
    while (!finished.contains(id)) Step();
    return finished.at(id);
  }
  void PassTime(std::chrono::milliseconds time) {
    const SteadyTime end = now.steady + time;
    while (NextEvent() <= end) Step();
    MoveTo(end);
    Settle();
  }

  // To the next thing that happens.
  void Step() {
    MoveTo(NextEvent());
    while (!on_the_way.empty() && on_the_way.begin()->first <= now.steady) {
      const auto [request, answer] = on_the_way.begin()->second;
      on_the_way.erase(on_the_way.begin());
      if (!in_flight.erase(request)) continue;
      planner.Answered(request, answer, now);
    }
    Settle();
  }

  // Has the planner decide, and does as it says.
  void Settle() {
    Plan plan = planner.Advance(now);
    for (const Plan::Cancel& cancel : plan.cancels) {
      in_flight.erase(cancel.request);
    }
    for (const Plan::Ask& ask : plan.asks) {
      asked.push_back({ask.dataset, now.steady, ask.is_retry});
      in_flight[ask.request] = ask.dataset;
      const Fate fate = cloud(ask.dataset);
      on_the_way.emplace(now.steady + fate.after,
                         std::pair(ask.request, fate.answer));
    }
    for (auto& change : plan.health) health.push_back(std::move(change));
    for (auto& held : plan.held_back) held_back.push_back(std::move(held));
    for (auto& renewal : plan.renewals) renewals.push_back(std::move(renewal));
    for (auto& done : plan.finished) {
      finished_at[done.scrape] = now.steady;
      finished.emplace(done.scrape, std::move(done.collection));
    }
    check();
  }

  std::size_t AsksOf(const std::string& dataset) const {
    return static_cast<std::size_t>(std::count_if(
        asked.begin(), asked.end(),
        [&](const Asked& ask) { return ask.dataset.dataset_id == dataset; }));
  }

  Planner planner;
  PlannerSettings settings;
  std::vector<std::shared_ptr<ProjectSettings>> projects;
  std::shared_ptr<Catalogue> catalogue = std::make_shared<Catalogue>();
  Instant now{SteadyTime(std::chrono::hours(1)),
              WallTime(std::chrono::sys_days(std::chrono::year(2024) / 1 / 1))};
  std::vector<Asked> asked;
  std::vector<Plan::HealthChange> health;
  std::vector<Plan::HeldBack> held_back;
  std::vector<Plan::Renewal> renewals;
  std::map<ScrapeId, Collection> finished;
  std::map<ScrapeId, SteadyTime> finished_at;
  std::map<RequestId, DatasetKey> in_flight;
  std::multimap<SteadyTime, std::pair<RequestId, Answer>> on_the_way;
  std::function<void()> check = [] {};  // After every step.

 private:
  SteadyTime NextEvent() const {
    SteadyTime next = planner.WakeAt();
    if (!on_the_way.empty()) next = std::min(next, on_the_way.begin()->first);
    return std::max(next, now.steady);
  }

  void MoveTo(SteadyTime time) {
    now.wall += std::chrono::duration_cast<std::chrono::milliseconds>(
        time - now.steady);
    now.steady = time;
  }
};

// kConfig, which no query fails for, if it did not fail.
inline ErrorKind ReasonOf(const Collection& collection, std::size_t dataset) {
  const Reading& reading = collection.readings.at(dataset);
  return reading.failure ? reading.failure->kind : ErrorKind::kConfig;
}

// How many failed for this reason.
inline std::size_t Failing(const Collection& collection, ErrorKind kind) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < collection.readings.size(); ++i) {
    if (ReasonOf(collection, i) == kind) ++count;
  }
  return count;
}

}  // namespace exporter
