#include "collect/query_log.h"

#include "base/log.h"
#include "model/advice.h"
#include "modelarts/requests.h"
#include "net/url.h"

namespace exporter {

void QueryLog::HealthChanged(const Plan::HealthChange& change) {
  if (!change.failure) {
    Log(LogLevel::kInfo, "query works again",
        {{"project_id", change.dataset.project_id},
         {"dataset_id", change.dataset.dataset_id}});
    return;
  }
  const Error& error = *change.failure;
  Log(LogLevel::kWarn, "query fails",
      {{"project_id", change.dataset.project_id},
       {"dataset_id", change.dataset.dataset_id},
       {"reason", std::string(ToLabel(error.kind))},
       {"error", error.message},
       {"http_status", std::to_string(error.http_status)},
       {"error_code", error.code},
       {"request_id", error.request_id},
       {"url", UrlForMessages(
                   SyncStatusUrl(change.project->endpoint, change.dataset))},
       {"advice", std::string(AdviceFor(error))}});
}

void QueryLog::HeldBack(const Plan::HeldBack& held_back) {
  const Error& error = *held_back.refusal;
  Log(LogLevel::kWarn,
      "credentials refused, so one dataset of this project is asked a minute",
      {{"project_id", held_back.project->project_id},
       {"error", error.message},
       {"error_code", error.code},
       {"request_id", error.request_id},
       {"advice", std::string(AdviceFor(error))}});
}

void QueryLog::Answered(const DatasetKey& dataset, const SyncStatus& status) {
  constexpr std::size_t kMostWords = 100;
  if (status.unknown_word.empty() || unknown_words_.size() >= kMostWords ||
      !unknown_words_.insert(status.unknown_word).second) {
    return;
  }
  Log(LogLevel::kWarn, "the API says a status that is not documented",
      {{"status", status.unknown_word},
       {"project_id", dataset.project_id},
       {"dataset_id", dataset.dataset_id}});
}

}  // namespace exporter
