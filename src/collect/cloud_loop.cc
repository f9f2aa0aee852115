#include "collect/cloud_loop.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/duration.h"
#include "collect/catalogue.h"
#include "net/url.h"

namespace exporter {
namespace {

// Enough for any concurrency; idle connections beyond it would be thrown away.
constexpr std::size_t kMostConnections = 1024;
// An idle loop still looks around this often.
constexpr std::chrono::seconds kLongestWait{60};

}  // namespace

CloudLoop::CloudLoop(const Clock& clock, prometheus::Registry& registry,
                     const std::string& user_agent, std::uint64_t seed)
    : clock_(clock),
      metrics_(registry),
      fetcher_(clock,
               {.max_connections = kMostConnections, .user_agent = user_agent}),
      planner_(seed),
      renewals_(clock, metrics_, fetcher_,
                [this](std::uint64_t id, const RenewalAnswer& answer) {
                  planner_.RenewalEnded(id, answer, Now());
                  again_ = true;
                }),
      traces_(clock),
      api_(clock, metrics_, fetcher_, log_, traces_),
      queries_(metrics_, api_, log_,
               [this](RequestId request, Answer&& answer) {
                 Ended(request, std::move(answer));
               }),
      listings_(
          clock, metrics_, api_, seed + 1, [this] { RebuildCatalogue(); },
          [this](RequestId request, Answer&& answer) {
            Ended(request, std::move(answer));
          }) {}

void CloudLoop::Ended(RequestId request, Answer&& answer) {
  planner_.Answered(request, std::move(answer), Now());
  again_ = true;
}

Instant CloudLoop::Now() const {
  return {.steady = clock_.SteadyNow(), .wall = clock_.WallNow()};
}

void CloudLoop::Apply(CollectorSettings settings) {
  settings_ = std::move(settings);
  listings_.Apply(settings_);
  renewals_.Keep(settings_.projects);
  metrics_.shard.Set(settings_.shard.index);
  metrics_.shards.Set(settings_.shard.count);
  RebuildCatalogue();
  if (settings_.tries_refused_again) planner_.Reloaded();
}

void CloudLoop::RebuildCatalogue() {
  catalogue_ = BuildCatalogue(settings_, listings_.Datasets());
  index_ = DatasetIndex(catalogue_);
  planner_.Configure(
      {.concurrency = settings_.concurrency, .memory = settings_.memory},
      settings_.projects, catalogue_, Now());
  metrics_.datasets.Set(static_cast<double>(catalogue_->datasets.size()));
  again_ = true;
}

void CloudLoop::Begin(ScrapeOrder order) {
  std::vector<std::size_t> datasets;
  if (order.only) {
    if (const auto found = index_.Find(*order.only)) datasets = {*found};
  } else {
    datasets.resize(catalogue_->datasets.size());
    std::iota(datasets.begin(), datasets.end(), 0);
  }
  const Instant now = Now();
  const std::optional<DatasetKey> only = order.only;
  const std::shared_ptr<Trace> trace = order.trace;
  Source source;
  if (trace && !datasets.empty()) {
    source = planner_.SourceOf(datasets.front(), now.steady);
  }
  const ScrapeId id = planner_.Begin(std::move(order), datasets, now);
  if (trace) traces_.Listen(id, *only, trace);
  if (source.kind != Source::Kind::kNewQuery) {
    traces_.TellOne(id, Explain(source, *only));
  }
  again_ = true;
}

void CloudLoop::Turn() {
  again_ = false;
  const Instant now = Now();
  renewals_.Refresh(settings_.projects);
  for (const std::string& project_id : listings_.Wanted(now.steady)) {
    planner_.WantListing(project_id);
  }
  Plan plan = planner_.Advance(now);
  Execute(plan);
  if (!plan.finished.empty()) health_log_.Tell(*catalogue_, now.steady);
  Count();  // First: who is answered may look at once.
  for (Plan::Finished& finished : plan.finished) Finish(finished);

  const SteadyTime wake = std::min(
      {planner_.WakeAt(), listings_.WakeAt(), now.steady + kLongestWait});
  const SteadyDuration wait =
      again_ ? SteadyDuration::zero() : wake - clock_.SteadyNow();
  fetcher_.Poll(std::max(std::chrono::milliseconds(0),
                         std::chrono::ceil<std::chrono::milliseconds>(wait)));
}

std::string CloudLoop::Explain(const Source& source,
                               const DatasetKey& dataset) const {
  const auto project = std::find_if(
      settings_.projects.begin(), settings_.projects.end(),
      [&](const auto& one) { return one->project_id == dataset.project_id; });
  const std::string ago = FormatSeconds(source.age) + " s ago: GET " +
                          StatusUrlForMessages(**project, dataset);
  return source.kind == Source::Kind::kMemory
             ? "not asked, as min_interval wants: used again what came " + ago
             : "joined the query that another scrape began " + ago;
}

void CloudLoop::Execute(Plan& plan) {
  for (const Plan::Cancel& cancel : plan.cancels) api_.Cancel(cancel);
  for (Plan::Renewal& renewal : plan.renewals) {
    traces_.TellProject(renewal.project->project_id, [&] {
      const HttpRequest& request = renewal.request.request;
      return "renewing the credentials: " + request.method + " " +
             UrlForMessages(request.url);
    });
    renewals_.Begin(std::move(renewal));
  }
  for (const Plan::List& list : plan.lists) listings_.Ask(list);
  for (Plan::Ask& ask : plan.asks) queries_.Ask(std::move(ask));
  for (const Plan::ListingRefused& refused : plan.refused_listings) {
    listings_.Refused(refused);
  }
  for (const Plan::HeldBack& held_back : plan.held_back) {
    QueryLog::HeldBack(held_back);
  }
  for (Plan::HealthChange& change : plan.health) {
    health_log_.Changed(std::move(change));
  }
}

void CloudLoop::Finish(Plan::Finished& finished) {
  traces_.End(finished.scrape);
  if (!finished.order.only) {
    last_whole_scrape_ = clock_.WallNow();
    last_duration_ = finished.collection.duration;
    last_budget_ = finished.collection.budget;
  }
  finished.order.done(std::move(finished.collection));
}

void CloudLoop::Count() {
  metrics_.in_flight.Set(static_cast<double>(planner_.InFlight()));
  const PlannerCounts& counts = planner_.Counts();
  metrics_.cache_requests.Increment(
      static_cast<double>(counts.wanted - counted_.wanted));
  metrics_.cache_hits.Increment(
      static_cast<double>(counts.shared - counted_.shared));
  metrics_.throttle_wait_seconds.Increment(
      std::chrono::duration<double>(counts.held_up - counted_.held_up).count());
  counted_ = counts;
}

Overview CloudLoop::Look() const {
  Overview overview = planner_.Look(clock_.SteadyNow());
  overview.last_scrape = last_whole_scrape_;
  overview.scrape_duration = last_duration_;
  overview.scrape_budget = last_budget_;
  listings_.Show(overview);
  return overview;
}

}  // namespace exporter
