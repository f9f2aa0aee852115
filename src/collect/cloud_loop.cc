#include "collect/cloud_loop.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "auth/clock_skew.h"
#include "auth/proof.h"
#include "base/duration.h"
#include "base/header_text.h"
#include "base/log.h"
#include "base/time_format.h"
#include "cloud/error_page.h"
#include "cloud/error_reply.h"
#include "cloud/gateway_limit.h"
#include "collect/catalogue.h"
#include "modelarts/decode.h"
#include "modelarts/requests.h"
#include "net/url.h"

namespace exporter {
namespace {

// Enough for any concurrency; idle connections beyond it would be thrown away.
constexpr std::size_t kMostConnections = 1024;
// An idle loop still looks around this often.
constexpr std::chrono::seconds kLongestWait{60};

// "HTTP 200 after 0.012 s", for a story.
std::string OutcomeOf(const Answer& answer, const Result<HttpReply>& reply,
                      SteadyDuration took) {
  const std::string after = " after " + FormatSeconds(took) + " s";
  if (!reply) return "no reply" + after + ": " + reply.error().message;
  std::string text = "HTTP " + std::to_string(reply->status) + after;
  if (!answer.result) text += ": " + answer.result.error().message;
  return text;
}

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
      stories_(clock),
      rng_(seed + 1) {}

Instant CloudLoop::Now() const {
  return {.steady = clock_.SteadyNow(), .wall = clock_.WallNow()};
}

void CloudLoop::Apply(CollectorSettings settings) {
  settings_ = std::move(settings);
  std::map<std::string, std::shared_ptr<Discovery>> discoveries;
  for (const auto& project : settings_.projects) {
    if (!project->discovery) continue;
    const auto known = discoveries_.find(project->project_id);
    const Discovery* before =
        known == discoveries_.end() ? nullptr : known->second.get();
    auto& kept = discoveries[project->project_id];
    if (before != nullptr && before->settings() == *project->discovery &&
        before->region() == project->region) {
      kept = known->second;
    } else {
      kept = std::make_shared<Discovery>(project->project_id, project->region,
                                         *project->discovery, before);
      CountDiscovered(project->project_id, *kept);
    }
  }
  for (const auto& [id, gone] : discoveries_) {
    if (!discoveries.contains(id)) metrics_.ForgetDiscovery(id);
  }
  renewals_.Keep(settings_.projects);
  discoveries_ = std::move(discoveries);
  metrics_.shard.Set(settings_.shard.index);
  metrics_.shards.Set(settings_.shard.count);
  RebuildCatalogue();
  if (settings_.tries_refused_again) planner_.Reloaded();
}

void CloudLoop::CountDiscovered(const std::string& project_id,
                                const Discovery& discovery) {
  const auto success = discovery.LastSuccess();
  if (!success) return;  // Not known yet, which is not none.
  metrics_.SetDiscovered(project_id, discovery.Datasets().size());
  metrics_.SetDiscoverySuccess(project_id, ToUnixSeconds(*success));
}

void CloudLoop::RebuildCatalogue() {
  std::vector<std::vector<Dataset>> discovered;
  discovered.reserve(discoveries_.size());
  for (const auto& [id, discovery] : discoveries_) {
    discovered.push_back(discovery->Datasets());
  }
  catalogue_ = BuildCatalogue(settings_, discovered);
  planner_.Configure(
      {.concurrency = settings_.concurrency, .memory = settings_.memory},
      settings_.projects, catalogue_, Now());
  metrics_.datasets.Set(static_cast<double>(catalogue_->datasets.size()));
  again_ = true;
}

void CloudLoop::Begin(ScrapeOrder order) {
  std::vector<std::size_t> datasets;
  if (order.only) {
    const auto& all = catalogue_->datasets;
    const auto found = std::find_if(
        all.begin(), all.end(),
        [&](const Dataset& dataset) { return dataset.key == *order.only; });
    if (found != all.end()) {
      datasets.push_back(static_cast<std::size_t>(found - all.begin()));
    }
  } else {
    datasets.resize(catalogue_->datasets.size());
    std::iota(datasets.begin(), datasets.end(), 0);
  }
  const ScrapeId id = ++last_scrape_;
  const SteadyTime deadline = order.deadline;
  const Instant now = Now();
  if (order.story && !datasets.empty()) {
    stories_.Listen(id, *order.only, order.story);
    const Source source = planner_.SourceOf(datasets.front(), now.steady);
    if (source.kind != Source::Kind::kNewQuery) {
      stories_.TellOne(id, Explain(source, *order.only));
    }
  }
  orders_.emplace(id, std::move(order));
  planner_.Begin(id, datasets, deadline, now);
  again_ = true;
}

void CloudLoop::Turn() {
  again_ = false;
  const Instant now = Now();
  renewals_.Refresh(settings_.projects);
  WantPages(now.steady);
  Plan plan = planner_.Advance(now);
  Execute(plan);
  if (!plan.finished.empty()) health_log_.Tell(*catalogue_, now.steady);
  Count();  // First: who is answered may look at once.
  for (Plan::Finished& finished : plan.finished) Finish(std::move(finished));

  SteadyTime wake = std::min(planner_.WakeAt(), now.steady + kLongestWait);
  for (const auto& [id, discovery] : discoveries_) {
    wake = std::min(wake, discovery->WakeAt());
  }
  const SteadyDuration wait =
      again_ ? SteadyDuration::zero() : wake - clock_.SteadyNow();
  fetcher_.Poll(std::max(std::chrono::milliseconds(0),
                         std::chrono::ceil<std::chrono::milliseconds>(wait)));
}

void CloudLoop::WantPages(SteadyTime now) {
  for (const auto& [project_id, discovery] : discoveries_) {
    if (discovery->WantsPage(now)) planner_.WantListing(project_id);
  }
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
  for (const RequestId request : plan.cancels) {
    const auto exchange = exchanges_.find(request);
    if (exchange == exchanges_.end()) continue;
    GiveUp(exchange->second);
    exchanges_.erase(exchange);
  }
  for (Plan::Renewal& renewal : plan.renewals) {
    stories_.TellProject(renewal.project->project_id, [&] {
      const HttpRequest& request = renewal.request.request;
      return "renewing the credentials: " + request.method + " " +
             UrlForMessages(request.url);
    });
    renewals_.Begin(std::move(renewal));
  }
  for (const Plan::List& list : plan.lists) List(list);
  for (Plan::Ask& ask : plan.asks) Ask(std::move(ask));
  for (const Plan::ListingRefused& refused : plan.refused_listings) {
    const auto discovery = discoveries_.find(refused.project->project_id);
    if (discovery == discoveries_.end()) continue;
    metrics_.Failed(Operation::kList, refused.failure->kind);
    ListingFailed(*discovery->second, *refused.project, *refused.failure);
  }
  for (const Plan::HeldBack& held_back : plan.held_back) {
    QueryLog::HeldBack(held_back);
  }
  for (Plan::HealthChange& change : plan.health) {
    health_log_.Changed(std::move(change));
  }
}

void CloudLoop::GiveUp(const Exchange& exchange) {
  fetcher_.Cancel(exchange.ticket);
  metrics_.Failed(exchange.operation, ErrorKind::kTimeout);
  stories_.Tell(exchange.dataset, [] {
    return std::string("given up: nobody waits any longer");
  });
  const Error given_up{.kind = ErrorKind::kTimeout, .message = "given up"};
  QueryLog::Ended(*exchange.project, exchange.dataset, 0, &given_up,
                  clock_.SteadyNow() - exchange.began);
}

void CloudLoop::Ask(Plan::Ask ask) {
  if (ask.is_retry) metrics_.Retried(Operation::kStatus);
  HttpRequest question =
      AskModelArts(SyncStatusUrl(ask.project->endpoint, ask.dataset),
                   ask.project->project_id);
  Send(ask.request,
       {.ticket = {},
        .operation = Operation::kStatus,
        .project = std::move(ask.project),
        .dataset = std::move(ask.dataset),
        .discovery = nullptr,
        .proved = {},
        .began = {}},
       std::move(question));
}

void CloudLoop::List(const Plan::List& list) {
  const std::string& id = list.project->project_id;
  const auto found = discoveries_.find(id);
  const auto discovery = found == discoveries_.end() ? nullptr : found->second;
  const std::size_t offset = discovery ? discovery->Offset() : 0;
  const std::string workspace =
      discovery ? discovery->settings().workspace_id : std::string();
  Send(list.request,
       {.ticket = {},
        .operation = Operation::kList,
        .project = list.project,
        .dataset = {id, ""},
        .discovery = discovery,
        .proved = {},
        .began = {}},
       AskModelArts(DatasetListUrl(list.project->endpoint, id,
                                   static_cast<int>(offset), workspace),
                    id));
}

void CloudLoop::Send(RequestId request, Exchange exchange,
                     HttpRequest question) {
  const Instant now = Now();
  question.deadline = now.steady + exchange.project->timeout;
  question.transport = exchange.project->transport;
  Result<HttpRequest> proved =
      exchange.project->credentials->Prove(std::move(question), now.wall);
  if (!proved) {
    if (exchange.discovery) {
      ListingFailed(*exchange.discovery, *exchange.project, proved.error());
    }
    planner_.Answered(request, {.result = Fail(proved.error())}, now);
    again_ = true;
    return;
  }
  metrics_.Requested(exchange.operation);
  stories_.Tell(exchange.dataset,
                [&] { return "asked: GET " + UrlForMessages(proved->url); });
  exchange.proved.headers = proved->headers;
  exchange.began = now.steady;
  exchange.ticket = fetcher_.Start(std::move(*proved),
                                   [this, request](Result<HttpReply> reply) {
                                     Came(request, std::move(reply));
                                   });
  exchanges_.emplace(request, std::move(exchange));
}

void CloudLoop::Came(RequestId request, Result<HttpReply> reply) {
  const auto found = exchanges_.find(request);
  if (found == exchanges_.end()) return;
  const Exchange exchange = std::move(found->second);
  exchanges_.erase(found);
  const Instant now = Now();
  metrics_.Took(exchange.operation, now.steady - exchange.began);

  Answer answer{.result = Fail(ErrorKind::kConnect, "no reply")};
  if (reply) {
    metrics_.Responded(exchange.operation, reply->status);
    answer = Judge(exchange, *reply, now);
  } else {
    answer.result = Fail(reply.error());
  }
  if (!answer.result) {
    metrics_.Failed(exchange.operation, answer.result.error().kind);
    if (exchange.discovery) {
      ListingFailed(*exchange.discovery, *exchange.project,
                    answer.result.error());
    }
  }
  stories_.Tell(exchange.dataset, [&] {
    return OutcomeOf(answer, reply, now.steady - exchange.began);
  });
  QueryLog::Ended(*exchange.project, exchange.dataset,
                  reply ? reply->status : 0,
                  answer.result ? nullptr : &answer.result.error(),
                  now.steady - exchange.began);
  planner_.Answered(request, std::move(answer), now);
  again_ = true;
}

void CloudLoop::ListingFailed(Discovery& discovery,
                              const ProjectSettings& project,
                              const Error& error) {
  const bool is_news = discovery.PageFailed(
      std::make_shared<const Error>(error), clock_.SteadyNow(), rng_);
  if (is_news) QueryLog::ListingFailed(project, error);
}

Answer CloudLoop::Judge(const Exchange& exchange, const HttpReply& reply,
                        Instant now) {
  if (reply.status != 200) {
    Error error = DecodeError(reply, SecretsOf(exchange.proved));
    Answer answer{.result = Fail(ErrorKind::kConnect, "")};
    if (reply.status == 401) {
      answer.proved = exchange.proved;
      if (const auto skew = DescribeClockSkew(reply, now.wall)) {
        error.message += "; " + *skew;
      }
    } else if (reply.status == 429) {
      answer.retry_after = DecodeRetryAfter(reply, now.wall);
      const GatewayLimit limit = DecodeGatewayLimit(reply);
      answer.is_limit_of_user = limit.is_of_user;
      answer.quota = QuotaOf(limit);
    }
    answer.result = Fail(std::move(error));
    return answer;
  }
  if (exchange.operation == Operation::kList) {
    return TakePage(exchange, reply, now);
  }
  Result<StatusReply> read =
      DecodeSyncStatus(reply.body, exchange.project->duration_unit);
  if (!read) {
    return {.result = Fail(Unreadable(read.error(), exchange, reply))};
  }
  log_.Answered(exchange.dataset, read->status);
  NoteOddFields(exchange.dataset, read->odd);
  return {.result = std::optional(std::move(read->status))};
}

void CloudLoop::NoteOddFields(const DatasetKey& asked,
                              std::span<const OddField> fields) {
  for (const OddField& field : fields) {
    metrics_.WasOdd(field.field);
    DatasetKey dataset = asked;
    if (!field.dataset_id.empty()) dataset.dataset_id = field.dataset_id;
    log_.WasOdd(dataset, field);
  }
}

// `error` says what a good status came without. What is no JSON object is a
// page, of a login perhaps, and says itself what it is.
Error CloudLoop::Unreadable(Error error, const Exchange& exchange,
                            const HttpReply& reply) {
  error.http_status = reply.status;
  if (!Trim(reply.body).starts_with('{')) {
    const std::string page = DescribePage(reply, SecretsOf(exchange.proved));
    if (!page.empty()) error.message += ": " + page;
  }
  return error;
}

Answer CloudLoop::TakePage(const Exchange& exchange, const HttpReply& reply,
                           Instant now) {
  Result<DatasetPage> page = DecodeDatasetList(reply.body);
  if (!page) {
    return {.result = Fail(Unreadable(page.error(), exchange, reply))};
  }
  const std::string& id = exchange.project->project_id;
  NoteOddFields(exchange.dataset, page->odd);
  const auto current = discoveries_.find(id);
  if (current != discoveries_.end() && current->second == exchange.discovery) {
    Discovery& discovery = *exchange.discovery;
    const bool was_failing = discovery.Failure() != nullptr;
    const std::size_t before = discovery.Datasets().size();
    const ListingNews news = discovery.PageCame(*page, now, rng_);
    if (!news.warning.empty()) {
      Log(LogLevel::kWarn, "the list of datasets looks wrong",
          {{"project_id", id}, {"what", news.warning}});
    }
    if (news.changed) {
      Log(LogLevel::kInfo, "discovered datasets changed",
          {{"project_id", id},
           {"datasets", std::to_string(discovery.Datasets().size())},
           {"before", std::to_string(before)}});
      RebuildCatalogue();
    }
    if (was_failing && !discovery.Failure()) {
      Log(LogLevel::kInfo, "listing datasets works again",
          {{"project_id", id}});
    }
    CountDiscovered(id, discovery);
  }
  return {.result = std::optional<SyncStatus>()};
}

void CloudLoop::Finish(Plan::Finished finished) {
  const auto found = orders_.find(finished.scrape);
  if (found == orders_.end()) return;
  const ScrapeOrder order = std::move(found->second);
  orders_.erase(found);
  stories_.End(finished.scrape);
  // The planner knows what was left of it when the order came.
  finished.collection.budget = order.budget;
  if (!order.only) {
    last_whole_scrape_ = clock_.WallNow();
    last_duration_ = finished.collection.duration;
    last_budget_ = finished.collection.budget;
  }
  order.done(std::move(finished.collection));
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
  for (const auto& [project_id, discovery] : discoveries_) {
    if (!discovery->LastSuccess()) overview.never_listed.push_back(project_id);
    if (!discovery->Failure()) continue;
    overview.listing_failures.push_back({project_id, discovery->Failure()});
  }
  return overview;
}

bool CloudLoop::IsReady() const {
  return std::all_of(
      discoveries_.begin(), discoveries_.end(),
      [](const auto& discovery) { return discovery.second->WasTried(); });
}

std::map<std::string, std::string> CloudLoop::NeverListed() const {
  std::map<std::string, std::string> lines;
  for (const auto& [project_id, discovery] : discoveries_) {
    if (discovery->LastSuccess()) continue;
    std::string& line = lines[project_id];
    line = "the datasets of project " + project_id + " were not listed yet";
    if (const auto& failure = discovery->Failure()) {
      line +=
          ": " + std::string(ToLabel(failure->kind)) + ": " + failure->message;
    }
  }
  return lines;
}

}  // namespace exporter
