// Tells people about single queries; see HealthLog for who fails.

#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "collect/plan.h"
#include "model/dataset.h"
#include "model/sync_status.h"
#include "modelarts/decode.h"

namespace exporter {

// Where the status of `dataset` is asked for, without what may be secret.
std::string StatusUrlForMessages(const ProjectSettings& project,
                                 const DatasetKey& dataset);

// Adds what failed to the `fields` of an event: why, and what to do. `url` was
// asked for.
void AppendFailure(std::string url, const Error& error,
                   std::vector<LogField>& fields);

// Not safe for concurrent use.
class QueryLog {
 public:
  // Why the list of a project's datasets failed, and what to do.
  static void ListingFailed(const ProjectSettings& project, const Error& error);

  // That the other datasets of a project have to wait, and for what.
  static void HeldBack(const Plan::HeldBack& held_back);

  // Each request for a status, or for a page of the list (then `dataset` has no
  // id), for those who debug. `http_status` is 0 without a reply, `failure`
  // null if it went well.
  static void Ended(const ProjectSettings& project, const DatasetKey& dataset,
                    int http_status, const Error* failure, SteadyDuration took);

  // The first time that a status is one that the API does not document.
  void Answered(const DatasetKey& dataset, const SyncStatus& status);

  // The first time that this field of this dataset is odd. `dataset` has no id
  // where a row of the list has none.
  void WasOdd(const DatasetKey& dataset, const OddField& field);

 private:
  // Told already:
  std::set<SharedText> unknown_words_;
  std::set<std::pair<DatasetKey, std::string_view>> odd_fields_;
};

}  // namespace exporter
