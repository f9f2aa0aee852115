// Reads what ModelArts answers into values. Every function takes whatever bytes
// came and never fails in another way than it says; none quotes a reply's body,
// but for the cloud's own message.

#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/shared_text.h"
#include "model/duration_unit.h"
#include "model/sync_status.h"
#include "net/fetcher.h"

namespace exporter {

// The fields that may be odd, as the metric calls them.
inline constexpr std::array<std::string_view, 12> kReadFields = {
    "total_sample_count", "add_sample_count", "deleted_sample_count",
    "create_time",        "duration_time",    "task_id",
    "error_code",         "error_msg",        "total_number",
    "dataset_id",         "dataset_name",     "dataset_type"};

// A field whose value is not of its type, so that it counts as absent. What is
// not known yet is not odd.
struct OddField {
  std::string_view field;  // Of kReadFields.
  std::string_view what;   // "is no integer", for people.
  SharedText dataset_id;   // Of a row in a list; empty where it has none.

  bool operator==(const OddField&) const = default;
};

struct StatusReply {
  SyncStatus status;
  std::vector<OddField> odd;
};

// The state of a dataset's latest sync task. Every field but `status` may be
// absent; null is absent, and so is what is odd: such a field costs itself
// alone. Unknown fields are ignored, and of two alike the last one counts.
//   numbers  12.0 is 12; "12" is odd, and so are 12.5, what 64 bits do not hold
//            and a time after the year 9999. Not known, and so absent: a
//            negative number and 2^63-1; for the two times also the last day
//            of the year 9999, a create_time of 0, and a duration_time of 0
//            without a create_time. A create_time below 10^11 is in seconds:
//            in milliseconds it would be before 1973.
//   texts    are mended as MendedJson does, and cut: error_code to 128 bytes of
//            printable ASCII, error_msg to 512 bytes, task_id to 256, a status
//            we do not know to 64.
//
// Errors: kMalformed  no JSON object, or no text as `status`. The message names
//                     the field.
// Source: API reference, SyncDataSourceState, table 2.
Result<StatusReply> DecodeSyncStatus(std::string_view body, DurationUnit unit);

struct ListedDataset {
  SharedText id;    // dataset_id; never empty
  SharedText name;  // dataset_name; empty if there is none
  SharedText type;  // dataset_type, number or not; empty if there is none

  bool operator==(const ListedDataset&) const = default;
};

struct DatasetPage {
  std::vector<ListedDataset> datasets;  // In the order of the reply.
  std::size_t skipped = 0;  // Rows without a usable id: odd, and no dataset.
  std::optional<std::int64_t> total;  // total_number
  std::vector<OddField> odd = {};
};

// One page of a project's datasets. `datasets` may be null, but not absent: a
// reply that does not speak of them is no reason to forget them. A row whose id
// is no text, empty, longer than 512 bytes or not UTF-8 is skipped; an odd name
// or type is absent.
//
// Errors: kMalformed  no JSON object, or no list as `datasets`.
// Source: API reference, ListDatasets.
Result<DatasetPage> DecodeDatasetList(std::string_view body);

}  // namespace exporter
