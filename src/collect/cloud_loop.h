// The loop that talks to the cloud: it asks the planner what to do, the fetcher
// to do it, and tells the planner what came of it. One thread owns it, and with
// it the planner, the connections, the credentials and everything remembered.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "collect/discovery.h"
#include "collect/health_log.h"
#include "collect/loop_metrics.h"
#include "collect/planner.h"
#include "collect/query_log.h"
#include "collect/renewals.h"
#include "collect/settings.h"
#include "collect/stories.h"
#include "model/reading.h"
#include "modelarts/decode.h"
#include "net/curl_fetcher.h"

namespace exporter {

struct ScrapeOrder {
  SteadyTime deadline;
  SteadyDuration budget;           // What it had until then, as given.
  std::optional<DatasetKey> only;  // None: all datasets.
  std::shared_ptr<Story> story;    // Of `only`; null: nobody reads it.
  // Called once, on the loop's thread, at the latest at the deadline.
  std::function<void(Collection)> done;
};

// Not safe for concurrent use, but for Wake.
class CloudLoop {
 public:
  // `clock` and `registry` must outlive this object.
  CloudLoop(const Clock& clock, prometheus::Registry& registry,
            const std::string& user_agent, std::uint64_t seed);

  void Apply(CollectorSettings settings);

  // REQUIRES: `order.only`, if given, is in the catalogue, or its collection
  // will be empty.
  void Begin(ScrapeOrder order);

  // Lets go of all orders without calling them back.
  void DropOrders() { orders_.clear(); }

  // Does what is due, then waits until something happens and takes note of it.
  void Turn();

  // Makes a Turn that is waiting return. Safe to be called from any thread.
  void Wake() { fetcher_.Wake(); }

  [[nodiscard]] Overview Look() const;
  [[nodiscard]] const std::shared_ptr<const Catalogue>& CurrentCatalogue()
      const {
    return catalogue_;
  }

  // Whether every discovery has been tried.
  [[nodiscard]] bool IsReady() const;

  // The projects whose datasets were never listed, so that the catalogue may
  // lack some: by project_id, a line that says so and what was wrong last.
  [[nodiscard]] std::map<std::string, std::string> NeverListed() const;

 private:
  // A request to the status or list API that is on its way.
  struct Exchange {
    Fetcher::Ticket ticket;
    Operation operation;
    std::shared_ptr<const ProjectSettings> project;
    DatasetKey dataset;  // Its dataset_id is empty for a page of the list.
    // Who wanted the page; null for a status. A reload may have replaced it
    // meanwhile: the page is no part of its successor's listing.
    std::shared_ptr<Discovery> discovery;
    HttpRequest proved;  // As Credentials::Refused wants it.
    SteadyTime began;
  };

  [[nodiscard]] Instant Now() const;
  void WantPages(SteadyTime now);
  void CountDiscovered(const std::string& project_id,
                       const Discovery& discovery);
  void RebuildCatalogue();
  void Execute(Plan& plan);  // But for telling who is finished.
  void GiveUp(const Exchange& exchange);
  void Ask(Plan::Ask ask);
  void List(const Plan::List& list);
  void Send(RequestId request, Exchange exchange, HttpRequest question);
  void Came(RequestId request, Result<HttpReply> reply);
  Answer Judge(const Exchange& exchange, const HttpReply& reply, Instant now);
  // `asked` has no dataset_id where they are those of a page.
  void NoteOddFields(const DatasetKey& asked, std::span<const OddField> fields);
  void ListingFailed(Discovery& discovery, const ProjectSettings& project,
                     const Error& error);
  static Error Unreadable(Error error, const Exchange& exchange,
                          const HttpReply& reply);
  Answer TakePage(const Exchange& exchange, const HttpReply& reply,
                  Instant now);
  void Finish(Plan::Finished finished);
  // Of an answer that is no new query's.
  [[nodiscard]] std::string Explain(const Source& source,
                                    const DatasetKey& dataset) const;
  void Count();

  const Clock& clock_;
  LoopMetrics metrics_;
  CurlFetcher fetcher_;
  Planner planner_;
  Renewals renewals_;
  QueryLog log_;
  HealthLog health_log_;
  Stories stories_;
  Rng rng_;
  CollectorSettings settings_;
  std::shared_ptr<const Catalogue> catalogue_ = std::make_shared<Catalogue>();
  std::map<std::string, std::shared_ptr<Discovery>> discoveries_;
  std::map<ScrapeId, ScrapeOrder> orders_;
  std::map<RequestId, Exchange> exchanges_;
  ScrapeId last_scrape_ = 0;
  bool again_ = false;  // The planner was told something since its Advance.
  PlannerCounts counted_;
  std::optional<WallTime> last_whole_scrape_;
  SteadyDuration last_duration_{};
  SteadyDuration last_budget_{};
};

}  // namespace exporter
