// Asks for the status of datasets, as the planner says, and reads the answers.

#pragma once

#include <utility>

#include "collect/api_requests.h"
#include "collect/loop_metrics.h"
#include "collect/plan.h"
#include "collect/query_log.h"

namespace exporter {

// Not safe for concurrent use.
class StatusQueries {
 public:
  // All of them must outlive this object. `ended` is called for each query that
  // is not cancelled.
  StatusQueries(LoopMetrics& metrics, ApiRequests& api, QueryLog& log,
                ApiRequests::Ended ended)
      : metrics_(metrics), api_(api), log_(log), ended_(std::move(ended)) {}

  void Ask(Plan::Ask ask);

 private:
  Result<std::optional<SyncStatus>> Read(const ApiRequests::Question& question,
                                         const HttpReply& reply);

  LoopMetrics& metrics_;
  ApiRequests& api_;
  QueryLog& log_;
  const ApiRequests::Ended ended_;
};

}  // namespace exporter
