// Decides which dataset is asked when: a pure state machine. It is told what
// happened and what time it is, and says what to do. It starts no thread, reads
// no clock, opens no socket.
//
// A scrape wants a set of datasets. A dataset whose last outcome is young
// enough is answered from memory; one whose query is under way is joined; the
// others queue up in their project. Whenever a worker is free, the project that
// was served longest ago asks the dataset that was asked longest ago, unless
// admission says no. A query belongs to all scrapes
// that wait for it: it ends with its outcome, or when the last of them leaves
// at its deadline. It does not outlive them, so that a stuck cloud finds every
// worker free at the next scrape.
//
// What keeps stuck datasets from taking the turn of healthy ones: a request
// that outlasts the patience with its project is a straggler. As long as others
// wait, stragglers hold at most half of the workers: the newest of those above
// that share are cut and queue up again, as stragglers. Suspects are asked in
// their turn, but never with more than half of the workers while others wait.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "collect/entry.h"
#include "collect/pacing.h"
#include "collect/project.h"
#include "collect/settings.h"
#include "model/reading.h"

namespace exporter {

using ScrapeId = std::uint64_t;
using RequestId = std::uint64_t;

// What came of a request for the status of a dataset, or for a page of the list
// (then a success has no status).
struct Answer {
  Result<std::optional<SyncStatus>> result;
  // Of a 429: what it asks for, and what it says of the limit.
  std::optional<std::chrono::milliseconds> retry_after = {};
  std::optional<RateLimit> quota = {};
  bool is_limit_of_user = true;
  HttpRequest proved = {};  // Of a 401: the request.
};

// What came of a request for a token or a temporary key.
struct RenewalAnswer {
  std::optional<Error> error;  // None: it was given.
  std::optional<std::chrono::milliseconds> retry_after = {};
  std::optional<RateLimit> quota = {};
};

// Where a scrape that begins now has the answer for a dataset from.
struct Source {
  enum class Kind {
    kNewQuery,
    kMemory,         // Of an outcome that is `age` old.
    kQueryUnderWay,  // Somebody wanted it `age` ago.
  };
  Kind kind = Kind::kNewQuery;
  SteadyDuration age{};
};

// What to do now.
struct Plan {
  struct Ask {
    RequestId request;
    std::shared_ptr<const ProjectSettings> project;
    DatasetKey dataset;
    bool is_retry;
  };
  struct List {
    RequestId request;
    std::shared_ptr<const ProjectSettings> project;
  };
  struct Renewal {
    std::uint64_t id;  // For RenewalEnded.
    std::shared_ptr<const ProjectSettings> project;
    Credentials::RenewalRequest request;
  };
  struct Finished {
    ScrapeId scrape;
    Collection collection;  // `budget` as given.
  };
  // A dataset began to fail, fails for another reason, or is well again.
  struct HealthChange {
    DatasetKey dataset;
    std::shared_ptr<const ProjectSettings> project;
    std::shared_ptr<const Error> failure;  // Null: well again.
  };
  struct ListingRefused {
    std::shared_ptr<const ProjectSettings> project;
    std::shared_ptr<const Error> failure;
  };
  // The credentials are refused: the datasets of the project are not asked, but
  // for a few tries. Once, until they are accepted again.
  struct HeldBack {
    std::shared_ptr<const ProjectSettings> project;
    std::shared_ptr<const Error> refusal;
  };

  std::vector<RequestId> cancels;
  std::vector<Ask> asks;
  std::vector<List> lists;
  std::vector<ListingRefused> refused_listings;
  std::vector<HeldBack> held_back;
  std::vector<Renewal> renewals;
  std::vector<Finished> finished;
  std::vector<HealthChange> health;
};

struct PlannerSettings {
  std::size_t concurrency = 32;  // >= 1
  MemoryLimits memory;
};

struct PlannerCounts {
  std::uint64_t wanted = 0;  // Datasets that scrapes wanted,
  std::uint64_t shared =
      0;  // and how many of those cost no query of their own.
  SteadyDuration held_up{};  // Time in which a queue waited for the pacing.
};

struct Scrape {
  ScrapeId id;
  SteadyTime began;
  SteadyTime deadline;
  std::shared_ptr<const Catalogue> catalogue;
  std::vector<Reading> readings;
  std::vector<std::shared_ptr<Entry>> waiting_for;  // By slot; null: answered.
  std::size_t missing = 0;
};

// Not safe for concurrent use.
class Planner {
 public:
  // `seed` is that of the jitter.
  explicit Planner(std::uint64_t seed) : rng_(seed) {}

  // Replaces what is collected. Scrapes in hand go on with the catalogue that
  // they began with. What is remembered of datasets that stay is kept; of those
  // that are gone too for a while, since that may be a slip: a quarter of an
  // hour, or two and a half listings of their project if that is longer.
  // REQUIRES: every dataset's project is among `projects`.
  void Configure(
      const PlannerSettings& settings,
      std::span<const std::shared_ptr<const ProjectSettings>> projects,
      std::shared_ptr<const Catalogue> catalogue, Instant now);

  // A scrape of `datasets` (indices into the catalogue) begins. Its readings
  // come with a later Advance, at the latest the one at its deadline.
  void Begin(ScrapeId scrape, std::span<const std::size_t> datasets,
             SteadyTime deadline, Instant now);

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

  [[nodiscard]] Overview Look(SteadyTime now) const;
  [[nodiscard]] const PlannerCounts& Counts() const { return counts_; }
  [[nodiscard]] std::size_t InFlight() const { return running_.size(); }

 private:
  struct Running {
    std::shared_ptr<Entry> entry;  // Null for a page of the list.
    std::shared_ptr<ProjectState> project;
    SteadyTime began;
    bool straggler;
    Admission::Pass pass;
  };

  // Datasets that are in no catalogue any longer.
  struct Departed {
    std::shared_ptr<Entry> entry;
    SteadyTime forget_at;
  };
  void Depart(const std::map<DatasetKey, std::shared_ptr<Entry>>& gone,
              SteadyTime now);
  std::shared_ptr<Entry> ComeBack(const DatasetKey& dataset);

  // Events.
  Admission::Next Judge(const Running& running, const Answer& answer,
                        Instant now);
  [[nodiscard]] bool IsOnlyGoodOne(const Running& running) const;
  void EndTry(Entry& entry, const Running& running, Answer answer,
              Admission::Next next, Instant now);
  void AskAgain(Entry& entry, std::shared_ptr<const Error> error);
  bool MayRetry(Entry& entry, Instant now);
  void Succeed(Entry& entry, SyncStatus status, Instant now);
  void Fail(Entry& entry, std::shared_ptr<const Error> error, Instant now);
  void AnswerWaiters(Entry& entry, Instant now);
  void GiveUp(Entry& entry, std::shared_ptr<const Error> error, Instant now,
              Plan& plan);
  Running TakeRunning(RequestId request);

  // Steps of Advance.
  void WakeRested(SteadyTime now);
  void ExpireScrapes(Instant now, Plan& plan);
  void Expire(Scrape& scrape, Instant now, Plan& plan);
  void Settle(ProjectState& project, Instant now, Plan& plan);
  void Renew(const std::shared_ptr<ProjectState>& project, Instant now,
             Plan& plan);
  void RefuseQueued(ProjectState& project, Instant now, Plan& plan);
  void FailOutOfReach(ProjectState& project, Instant now);
  void FailWhoCannotWait(ProjectState& project, Instant now);
  void NoteHoldUp(ProjectState& project, SteadyTime now);
  void Dispatch(Instant now, Plan& plan);
  [[nodiscard]] std::shared_ptr<ProjectState> NextProject() const;
  [[nodiscard]] bool FreshWaits() const;
  [[nodiscard]] bool MayAskStragglers() const;
  void Ask(const std::shared_ptr<ProjectState>& project, Instant now,
           Plan& plan);
  bool CutSlowRequests(Instant now, Plan& plan);
  void CollectFinished(Instant now, Plan& plan);
  void WakeBy(SteadyTime time) { wake_at_ = std::min(wake_at_, time); }

  Rng rng_;
  PlannerSettings settings_;
  std::shared_ptr<const Catalogue> catalogue_ = std::make_shared<Catalogue>();
  std::vector<std::shared_ptr<Entry>> entries_;  // Beside the catalogue.
  std::map<DatasetKey, Departed> departed_;
  std::vector<std::shared_ptr<ProjectState>> projects_;
  SharedLimits shared_;
  RetryBudget retries_;
  std::map<ScrapeId, std::unique_ptr<Scrape>> scrapes_;
  std::map<RequestId, Running> running_;  // In the order of their beginning.
  std::map<std::uint64_t, std::shared_ptr<ProjectState>> renewing_;
  std::multimap<SteadyTime, std::shared_ptr<Entry>> resting_;
  std::vector<Plan::HealthChange> health_;  // Since the last Advance.
  std::size_t stragglers_running_ = 0;
  std::uint64_t last_rank_ = 0;  // Of requests, renewals and asked datasets.
  SteadyTime next_cut_{};        // No cut before.
  SteadyTime wake_at_ = SteadyTime::max();
  PlannerCounts counts_;
};

}  // namespace exporter
