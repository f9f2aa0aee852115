#include "modelarts/requests.h"

#include <utility>

#include "net/url.h"

namespace exporter {
namespace {

std::string DatasetsUrl(std::string_view endpoint,
                        std::string_view project_id) {
  while (endpoint.ends_with('/')) endpoint.remove_suffix(1);
  return std::string(endpoint) + "/v2/" + PercentEncode(project_id) +
         "/datasets";
}

}  // namespace

std::string SyncStatusUrl(std::string_view endpoint,
                          const DatasetKey& dataset) {
  return DatasetsUrl(endpoint, dataset.project_id) + "/" +
         PercentEncode(dataset.dataset_id) + "/sync-data/status";
}

std::string DatasetListUrl(std::string_view endpoint,
                           std::string_view project_id, int offset,
                           std::string_view workspace_id) {
  std::string url = DatasetsUrl(endpoint, project_id) +
                    "?limit=" + std::to_string(kDatasetsPerPage) +
                    "&offset=" + std::to_string(offset);
  if (!workspace_id.empty()) {
    url += "&workspace_id=" + PercentEncode(workspace_id);
  }
  return url;
}

HttpRequest AskModelArts(std::string url) {
  return {.method = "GET",
          .url = std::move(url),
          .headers = {{"Accept", "application/json"}, {"X-Language", "en-us"}}};
}

}  // namespace exporter
