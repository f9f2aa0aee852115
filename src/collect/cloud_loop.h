// The loop that talks to the cloud: it asks the planner what to do, the fetcher
// to do it, and tells the planner what came of it. One thread owns it, and with
// it the planner, the connections, the credentials and everything remembered.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "collect/api_requests.h"
#include "collect/dataset_index.h"
#include "collect/health_log.h"
#include "collect/listings.h"
#include "collect/loop_metrics.h"
#include "collect/planner.h"
#include "collect/query_log.h"
#include "collect/renewals.h"
#include "collect/settings.h"
#include "collect/status_queries.h"
#include "collect/trace.h"
#include "model/reading.h"
#include "net/curl_fetcher.h"

namespace exporter {

// Not safe for concurrent use, but for Wake.
class CloudLoop {
 public:
  // `clock` and `registry` must outlive this object.
  CloudLoop(const Clock& clock, prometheus::Registry& registry,
            const std::string& user_agent, std::uint64_t seed);

  void Apply(CollectorSettings settings);

  void Begin(ScrapeOrder order);

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
  [[nodiscard]] bool IsReady() const { return listings_.AreTried(); }

  // The projects whose datasets were never listed, so that the catalogue may
  // lack some: by project_id, a line that says so and what was wrong last.
  [[nodiscard]] std::map<std::string, std::string> NeverListed() const {
    return listings_.NeverListed();
  }

 private:
  [[nodiscard]] Instant Now() const;
  void RebuildCatalogue();
  void Execute(Plan& plan);  // But for telling who is finished.
  void Ended(RequestId request, Answer&& answer);
  void Finish(Plan::Finished& finished);
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
  Traces traces_;
  ApiRequests api_;
  StatusQueries queries_;
  Listings listings_;
  CollectorSettings settings_;
  std::shared_ptr<const Catalogue> catalogue_ = std::make_shared<Catalogue>();
  DatasetIndex index_{catalogue_};  // Of it.
  bool again_ = false;  // The planner was told something since its Advance.
  PlannerCounts counted_;
  std::optional<WallTime> last_whole_scrape_;
  SteadyDuration last_duration_{};
  SteadyDuration last_budget_{};
};

}  // namespace exporter
