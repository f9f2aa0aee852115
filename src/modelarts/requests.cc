#include "modelarts/requests.h"

#include <utility>

#include "net/url.h"

namespace exporter {
namespace {

// Ours, and what proves who asks.
constexpr std::size_t kMostHeaders = 6;

// Every request begins with one, so that it is made in one piece of memory.
std::string DatasetsUrl(std::string_view endpoint,
                        std::string_view project_id) {
  constexpr std::size_t kUsuallyFollows = 100;
  while (endpoint.ends_with('/')) endpoint.remove_suffix(1);
  std::string url;
  url.reserve(endpoint.size() + project_id.size() + kUsuallyFollows);
  url += endpoint;
  url += "/v2/";
  AppendPercentEncoded(url, project_id);
  url += "/datasets";
  return url;
}

}  // namespace

std::string SyncStatusUrl(std::string_view endpoint,
                          const DatasetKey& dataset) {
  std::string url = DatasetsUrl(endpoint, dataset.project_id);
  url += '/';
  AppendPercentEncoded(url, dataset.dataset_id);
  url += "/sync-data/status";
  return url;
}

std::string DatasetListUrl(std::string_view endpoint,
                           std::string_view project_id, int offset,
                           std::string_view workspace_id) {
  std::string url = DatasetsUrl(endpoint, project_id);
  url += "?limit=" + std::to_string(kDatasetsPerPage) +
         "&offset=" + std::to_string(offset);
  if (!workspace_id.empty()) {
    url += "&workspace_id=";
    AppendPercentEncoded(url, workspace_id);
  }
  return url;
}

HttpRequest AskModelArts(std::string url, std::string_view project_id) {
  HttpRequest request{.method = "GET", .url = std::move(url)};
  request.headers.reserve(kMostHeaders);
  request.headers.emplace_back("Accept", "application/json");
  request.headers.emplace_back("X-Language", "en-us");
  request.headers.emplace_back("X-Project-Id", project_id);
  return request;
}

}  // namespace exporter
