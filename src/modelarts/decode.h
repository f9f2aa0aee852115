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

// Why a reply whose status is not 200 failed. The status decides, and the code
// of the cloud only where the status leaves room: ModelArts.4352 and APIG.0101
// (or APIGW.0101). Whatever the body is, there is a message: "HTTP 403
// ModelArts.4336: <the cloud's message>", in one line of at most 400 bytes.
// A status that is no failure, such as 204, is kMalformed.
Error DecodeError(const HttpReply& reply);

// How long a reply that refuses us for now wants us to wait, from 0 to one
// hour: by its Retry-After, seconds or a date, which is compared with the
// reply's own Date if it has one, else with `now`. Without it by the gateway's
// message, "limit:200,time:5 minute": a tenth of the time it counts over (more
// if the limit is below ten). How much of that has passed is not said. Waiting
// for all of it could lose that much data for nothing; this loses a tenth at
// most, and is refused ten times at most.
// None if the reply says nothing of it.
std::optional<std::chrono::milliseconds> DecodeRetryAfter(
    const HttpReply& reply, WallTime now);

}  // namespace exporter
