// What ModelArts answers, as values. Every function takes whatever bytes came
// and never fails in another way than it says; none quotes a reply's body, but
// for the cloud's own message.

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/sync_status.h"
#include "net/fetcher.h"

namespace exporter {

// The unit of duration_time, which the API reference does not say.
enum class DurationUnit { kSeconds, kMilliseconds };

// The state of a dataset's latest sync task. Every field but `status` may be
// absent, and null is absent; unknown fields are ignored, and of two alike the
// last one counts. Texts are cut: error_code to 128 bytes of printable ASCII,
// error_msg to 512 bytes, task_id to 256, a status we do not know to 64.
//
// Errors: kMalformed  no JSON object, or a field is not of its type: a number
//                     in quotes or with a fraction, a negative one, a time
//                     after the year 9999. The message names the field.
// Source: API reference, SyncDataSourceState, table 2.
Result<SyncStatus> DecodeSyncStatus(std::string_view body, DurationUnit unit);

struct ListedDataset {
  std::string id;    // dataset_id; never empty
  std::string name;  // dataset_name; empty if there is none
  std::string type;  // dataset_type, number or not; empty if there is none

  bool operator==(const ListedDataset&) const = default;
};

struct DatasetPage {
  std::vector<ListedDataset> datasets;  // In the order of the reply.
};

// One page of a project's datasets. `datasets` may be null, but not absent: a
// reply that does not speak of them is no reason to forget them.
//
// Errors: kMalformed, as above.
// Source: API reference, ListDatasets.
Result<DatasetPage> DecodeDatasetList(std::string_view body);

}  // namespace exporter
