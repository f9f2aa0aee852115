// Writes what we ask ModelArts, as requests that still lack deadline, transport
// and proof.

#pragma once

#include <string>
#include <string_view>

#include "model/dataset.h"
#include "net/fetcher.h"

namespace exporter {

// The most datasets that one page of the list holds.
inline constexpr int kDatasetsPerPage = 100;

// Where the status of a dataset's latest sync task is found.
// REQUIRES: `endpoint` is a URL without query, e.g. "https://modelarts.x.com".
// Source: API reference, SyncDataSourceState.
std::string SyncStatusUrl(std::string_view endpoint, const DatasetKey& dataset);

// Where a page of the project's datasets is found. Servers differ in whether
// `offset` counts pages or datasets. Without `workspace_id` if it is empty.
// REQUIRES: as above.
// Source: API reference, ListDatasets.
std::string DatasetListUrl(std::string_view endpoint,
                           std::string_view project_id, int offset,
                           std::string_view workspace_id);

// The request that gets `url`, one of the above, in the name of the project: an
// access key may be good for several, of a region and below it.
// Source: API request signing guide, X-Project-Id.
HttpRequest AskModelArts(std::string url, std::string_view project_id);

}  // namespace exporter
