#include "modelarts/decode.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "cloud/json_reader.h"
#include "cloud/text.h"

namespace exporter {
namespace {

using std::chrono::milliseconds;
using Kind = JsonValue::Kind;

constexpr std::size_t kMaxTextBytes = 512;
constexpr std::size_t kMaxTaskIdBytes = 256;
constexpr std::size_t kMaxWordBytes = 64;

// The end of the year 9999, which is the last that our own output can write.
constexpr std::int64_t kMaxMilliseconds = 253'402'300'799'999;

std::string Wrong(std::string_view field, std::string_view what) {
  return "field '" + std::string(field) + "' " + std::string(what);
}

Failure Malformed(std::string what) {
  return Fail(ErrorKind::kMalformed, "the reply has " + std::move(what));
}

// The three below take the value of a field: null is none. What is wrong with
// it, if anything, is the result.

std::string TakeInteger(std::string_view field, const JsonValue& value,
                        std::int64_t most, std::optional<std::int64_t>& into) {
  into.reset();
  switch (value.kind) {
    case Kind::kNull:
      return "";
    case Kind::kInteger:
      if (value.integer < 0) return Wrong(field, "that is negative");
      if (value.integer > most) return Wrong(field, "that is out of range");
      into = value.integer;
      return "";
    case Kind::kHugeInteger:
      return Wrong(field, "that is out of range");
    default:
      return Wrong(field, "that is no integer");
  }
}

std::string TakeText(std::string_view field, const JsonValue& value,
                     std::size_t most, std::string& into) {
  into.clear();
  if (value.kind == Kind::kNull) return "";
  if (value.kind != Kind::kString) return Wrong(field, "that is no string");
  into = Cut(value.text, most);
  return "";
}

std::string TakeCode(std::string_view field, const JsonValue& value,
                     std::string& into) {
  std::string fault = TakeText(field, value, kMaxCodeBytes, into);
  into = ToCode(into);
  return fault;
}

class SyncStatusVisitor {
 public:
  std::string Value(int depth, std::string_view key, const JsonValue& value) {
    if (depth == 0) {
      return value.kind == Kind::kObject ? "" : "no object at its top";
    }
    if (depth > 1) return "";  // Of a field that we do not know.
    if (key == "status") return TakeState(key, value);
    if (key == "total_sample_count") {
      return TakeInteger(key, value, INT64_MAX, status_.total_samples);
    }
    if (key == "add_sample_count") {
      return TakeInteger(key, value, INT64_MAX, status_.added_samples);
    }
    if (key == "deleted_sample_count") {
      return TakeInteger(key, value, INT64_MAX, status_.deleted_samples);
    }
    if (key == "create_time") {
      return TakeInteger(key, value, kMaxMilliseconds, created_ms_);
    }
    if (key == "duration_time") {
      return TakeInteger(key, value, kMaxMilliseconds, duration_);
    }
    if (key == "task_id") {
      return TakeText(key, value, kMaxTaskIdBytes, status_.task_id);
    }
    if (key == "error_code") return TakeCode(key, value, status_.error_code);
    if (key == "error_msg") {
      return TakeText(key, value, kMaxTextBytes, status_.error_text);
    }
    return "";
  }
  void End(int /*depth*/) {}

  Result<SyncStatus> Finish(DurationUnit unit) {
    if (!has_state_) return Malformed("no field 'status'");
    if (created_ms_) status_.created = WallTime(milliseconds(*created_ms_));
    if (duration_ && unit == DurationUnit::kSeconds) {
      status_.runtime = std::chrono::seconds(*duration_);
    } else if (duration_) {
      status_.runtime = milliseconds(*duration_);
    }
    return std::move(status_);
  }

 private:
  std::string TakeState(std::string_view key, const JsonValue& value) {
    has_state_ = value.kind != Kind::kNull;
    status_.state = SyncState::kUnknown;
    std::string& word = status_.unknown_word;
    std::string fault = TakeText(key, value, kMaxWordBytes, word);
    if (!fault.empty() || !has_state_) return fault;
    status_.state = ParseSyncState(value.text);
    if (status_.state != SyncState::kUnknown) word.clear();
    return "";
  }

  SyncStatus status_;
  bool has_state_ = false;
  std::optional<std::int64_t> created_ms_;
  std::optional<std::int64_t> duration_;  // In the caller's unit.
};

class DatasetListVisitor {
 public:
  std::string Value(int depth, std::string_view key, const JsonValue& value) {
    switch (depth) {
      case 0:
        return value.kind == Kind::kObject ? "" : "no object at its top";
      case 1:
        return key == "datasets" ? Open(key, value) : "";
      case 2:
        if (!in_list_) return "";
        if (value.kind != Kind::kObject) return "a dataset that is no object";
        page_.datasets.emplace_back();
        return "";
      case 3:
        return in_list_ ? TakeField(key, value, page_.datasets.back()) : "";
      default:
        return "";
    }
  }
  void End(int depth) {
    if (depth == 1) in_list_ = false;
  }

  Result<DatasetPage> Finish() {
    if (!has_list_) return Malformed("no field 'datasets'");
    for (const ListedDataset& dataset : page_.datasets) {
      if (dataset.id.empty()) return Malformed("no field 'dataset_id'");
    }
    return std::move(page_);
  }

 private:
  std::string Open(std::string_view key, const JsonValue& value) {
    page_.datasets.clear();
    has_list_ = true;
    in_list_ = value.kind == Kind::kArray;
    if (in_list_ || value.kind == Kind::kNull) return "";
    return Wrong(key, "that is no array");
  }

  static std::string TakeField(std::string_view key, const JsonValue& value,
                               ListedDataset& dataset) {
    if (key == "dataset_id") {
      // A part of it would be another dataset's.
      if (value.text.size() > kMaxTextBytes) return Wrong(key, "that is huge");
      return TakeText(key, value, kMaxTextBytes, dataset.id);
    }
    if (key == "dataset_name") {
      return TakeText(key, value, kMaxTextBytes, dataset.name);
    }
    if (key != "dataset_type") return "";
    if (value.kind == Kind::kInteger) {
      dataset.type = std::to_string(value.integer);
      return "";
    }
    return TakeText(key, value, kMaxCodeBytes, dataset.type);
  }

  DatasetPage page_;
  bool has_list_ = false;
  bool in_list_ = false;
};

}  // namespace

Result<SyncStatus> DecodeSyncStatus(std::string_view body, DurationUnit unit) {
  SyncStatusVisitor visitor;
  if (auto fault = ReadJson(body, visitor)) return Malformed(*std::move(fault));
  return visitor.Finish(unit);
}

Result<DatasetPage> DecodeDatasetList(std::string_view body) {
  DatasetListVisitor visitor;
  if (auto fault = ReadJson(body, visitor)) return Malformed(*std::move(fault));
  return visitor.Finish();
}

}  // namespace exporter
