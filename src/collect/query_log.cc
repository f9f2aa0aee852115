#include "collect/query_log.h"

#include <utility>
#include <vector>

#include "base/duration.h"
#include "base/log.h"
#include "model/advice.h"
#include "modelarts/requests.h"
#include "net/url.h"

namespace exporter {
namespace {

std::string ListUrlForMessages(const ProjectSettings& project) {
  return UrlForMessages(
      DatasetListUrl(project.endpoint, project.project_id, 0, ""));
}

}  // namespace

void AppendFailure(std::string url, const Error& error,
                   std::vector<LogField>& fields) {
  fields.insert(fields.end(),
                {{"reason", std::string(ToLabel(error.kind))},
                 {"error", error.message},
                 {"http_status", std::to_string(error.http_status)},
                 {"error_code", error.code},
                 {"request_id", error.request_id},
                 {"url", std::move(url)},
                 {"advice", std::string(AdviceFor(error))}});
}

std::string StatusUrlForMessages(const ProjectSettings& project,
                                 const DatasetKey& dataset) {
  return UrlForMessages(SyncStatusUrl(project.endpoint, dataset));
}

void QueryLog::ListingFailed(const ProjectSettings& project,
                             const Error& error) {
  std::vector<LogField> fields = {{"project_id", project.project_id}};
  AppendFailure(ListUrlForMessages(project), error, fields);
  Log(LogLevel::kWarn, "listing datasets fails", fields);
}

void QueryLog::Ended(const ProjectSettings& project, const DatasetKey& dataset,
                     int http_status, const Error* failure,
                     SteadyDuration took) {
  if (!Logs(LogLevel::kDebug)) return;
  const bool is_page = dataset.dataset_id.empty();
  std::vector<LogField> fields = {
      {"project_id", std::string(dataset.project_id)}};
  if (!is_page) {
    fields.push_back({"dataset_id", std::string(dataset.dataset_id)});
  }
  fields.push_back({"url", is_page ? ListUrlForMessages(project)
                                   : StatusUrlForMessages(project, dataset)});
  if (http_status != 0) {
    fields.push_back({"http_status", std::to_string(http_status)});
  }
  if (failure != nullptr) {
    fields.push_back({"reason", std::string(ToLabel(failure->kind))});
    fields.push_back({"error", failure->message});
  }
  fields.push_back({"seconds", FormatSeconds(took)});
  Log(LogLevel::kDebug, "query ended", fields);
}

void QueryLog::HeldBack(const Plan::HeldBack& held_back) {
  const Error& error = *held_back.refusal;
  Log(LogLevel::kWarn,
      "credentials refused, so the datasets of this project wait for single "
      "tries",
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
      {{"status", std::string(status.unknown_word)},
       {"project_id", std::string(dataset.project_id)},
       {"dataset_id", std::string(dataset.dataset_id)}});
}

void QueryLog::WasOdd(const DatasetKey& dataset, const OddField& field) {
  // Bounds memory where datasets come and go; the metric counts them all.
  constexpr std::size_t kMostFields = 50'000;
  if (odd_fields_.size() >= kMostFields ||
      !odd_fields_.emplace(dataset, field.field).second) {
    return;
  }
  std::vector<LogField> fields = {
      {"field", std::string(field.field)},
      {"what", std::string(field.what)},
      {"project_id", std::string(dataset.project_id)}};
  if (!dataset.dataset_id.empty()) {
    fields.push_back({"dataset_id", std::string(dataset.dataset_id)});
  }
  Log(LogLevel::kWarn,
      field.field == "dataset_id"
          ? "the API lists a dataset without a usable id, which is left out"
          : "the API says an odd field, which counts as absent",
      fields);
}

}  // namespace exporter
