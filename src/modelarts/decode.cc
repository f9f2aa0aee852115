#include "modelarts/decode.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "cloud/json_reader.h"
#include "cloud/mended_json.h"
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
constexpr std::int64_t kMillisecondsADay = 86'400'000;

// In milliseconds that is in 1973, in seconds in the year 5138.
constexpr std::int64_t kLeastMilliseconds = 100'000'000'000;

std::string Wrong(std::string_view field, std::string_view what) {
  return "field '" + std::string(field) + "' that " + std::string(what);
}

Failure Malformed(std::string what) {
  return Fail(ErrorKind::kMalformed, "the reply has " + std::move(what));
}

// The four below take the value of a field: null is none. What is odd about it,
// if anything, is the result, and nothing was taken then.

// `Optional`: std::optional<std::int64_t>, or a packed one.
template <typename Optional>
std::string_view TakeInteger(const JsonValue& value, Optional& into) {
  into.reset();
  switch (value.kind) {
    case Kind::kNull:
      return "";
    case Kind::kInteger:
      // -1 and the last number are how many say that they do not know.
      if (value.integer >= 0 && value.integer < INT64_MAX) {
        into = value.integer;
      }
      return "";
    case Kind::kHugeInteger:
      return "is beyond 64 bits";
    default:
      return "is no integer";
  }
}

// Of create_time and duration_time, in the field's own unit.
std::string_view TakeTime(const JsonValue& value,
                          std::optional<std::int64_t>& into) {
  const std::string_view odd = TakeInteger(value, into);
  if (!into) return odd;
  const std::int64_t time = *into;
  if (time <= kMaxMilliseconds - kMillisecondsADay) return "";
  into.reset();
  // The last day that many can write says so as well.
  return time <= kMaxMilliseconds ? "" : "is after the year 9999";
}

std::string_view TakeText(const JsonValue& value, std::size_t most,
                          SharedText& into) {
  into = {};
  if (value.kind == Kind::kNull) return "";
  if (value.kind != Kind::kString) return "is no text";
  into = Cut(value.text, most);
  return "";
}

std::string_view TakeCode(const JsonValue& value, SharedText& into) {
  const std::string_view odd = TakeText(value, kMaxCodeBytes, into);
  into = ToCode(into);
  return odd;
}

class SyncStatusVisitor final : public JsonVisitor {
 public:
  std::string Value(int depth, std::string_view key,
                    const JsonValue& value) override {
    if (depth == 0) {
      return value.kind == Kind::kObject ? "" : "no object at its top";
    }
    if (depth > 1) return "";  // Of a field that we do not know.
    if (key == "status") return TakeState(value);
    const std::string_view what = TakeField(key, value);
    if (what.empty()) return "";
    const auto* const field = std::ranges::find(kReadFields, key);
    reply_.odd.push_back({.field = *field, .what = what, .dataset_id = {}});
    return "";
  }

  Result<StatusReply> Finish(DurationUnit unit) {
    if (!has_state_) return Malformed("no field 'status'");
    if (created_ == 0) created_.reset();
    // Who says zero for what is not known says it of both.
    if (duration_ == 0 && !created_) duration_.reset();
    if (created_) {
      reply_.status.created = *created_ < kLeastMilliseconds
                                  ? WallTime(std::chrono::seconds(*created_))
                                  : WallTime(milliseconds(*created_));
    }
    if (duration_ && unit == DurationUnit::kSeconds) {
      reply_.status.runtime = std::chrono::seconds(*duration_);
    } else if (duration_) {
      reply_.status.runtime = milliseconds(*duration_);
    }
    return std::move(reply_);
  }

 private:
  std::string TakeState(const JsonValue& value) {
    SyncStatus& status = reply_.status;
    has_state_ = value.kind != Kind::kNull;
    status.state = SyncState::kUnknown;
    SharedText& word = status.unknown_word;
    const std::string_view odd = TakeText(value, kMaxWordBytes, word);
    if (!odd.empty()) return Wrong("status", odd);
    if (!has_state_) return "";
    status.state = ParseSyncState(value.text);
    if (status.state != SyncState::kUnknown) word = {};
    return "";
  }

  std::string_view TakeField(std::string_view key, const JsonValue& value) {
    SyncStatus& status = reply_.status;
    if (key == "total_sample_count") {
      return TakeInteger(value, status.total_samples);
    }
    if (key == "add_sample_count") {
      return TakeInteger(value, status.added_samples);
    }
    if (key == "deleted_sample_count") {
      return TakeInteger(value, status.deleted_samples);
    }
    if (key == "create_time") return TakeTime(value, created_);
    if (key == "duration_time") return TakeTime(value, duration_);
    if (key == "task_id") {
      return TakeText(value, kMaxTaskIdBytes, status.task_id);
    }
    if (key == "error_code") return TakeCode(value, status.error_code);
    if (key == "error_msg") {
      return TakeText(value, kMaxTextBytes, status.error_text);
    }
    return "";
  }

  StatusReply reply_;
  bool has_state_ = false;
  std::optional<std::int64_t> created_;   // As received.
  std::optional<std::int64_t> duration_;  // In the caller's unit.
};

class DatasetListVisitor final : public JsonVisitor {
 public:
  std::string Value(int depth, std::string_view key,
                    const JsonValue& value) override {
    switch (depth) {
      case 0:
        return value.kind == Kind::kObject ? "" : "no object at its top";
      case 1:
        if (key == "total_number") {
          NoteOdd("total_number", TakeInteger(value, page_.total));
        }
        return key == "datasets" ? Open(value) : "";
      case 2:
        if (in_list_) OpenRow(value);
        return "";
      case 3:
        if (in_row_) TakeField(key, value);
        return "";
      default:
        return "";
    }
  }

  void End(int depth) override {
    if (depth == 1) in_list_ = false;
    if (depth == 2 && in_row_) CloseRow();
  }

  Result<DatasetPage> Finish() {
    if (!has_list_) return Malformed("no field 'datasets'");
    return std::move(page_);
  }

 private:
  std::string Open(const JsonValue& value) {
    page_.datasets.clear();
    page_.skipped = 0;
    has_list_ = true;
    in_list_ = value.kind == Kind::kArray;
    if (in_list_ || value.kind == Kind::kNull) return "";
    return Wrong("datasets", "is no array");
  }

  void OpenRow(const JsonValue& value) {
    row_ = {};
    odd_before_row_ = page_.odd.size();
    id_fault_ = "is missing";
    in_row_ = value.kind == Kind::kObject;
    if (!in_row_) CloseRow();
  }

  void CloseRow() {
    in_row_ = false;
    if (row_.id.empty()) {
      ++page_.skipped;
      page_.odd.resize(odd_before_row_);  // Nobody could tell whose they are.
      return NoteOdd("dataset_id", id_fault_);
    }
    for (std::size_t i = odd_before_row_; i < page_.odd.size(); ++i) {
      page_.odd[i].dataset_id = row_.id;
    }
    page_.datasets.push_back(std::move(row_));
  }

  void TakeField(std::string_view key, const JsonValue& value) {
    if (key == "dataset_id") {
      id_fault_ = TakeId(value);
    } else if (key == "dataset_name") {
      NoteOdd("dataset_name", TakeText(value, kMaxTextBytes, row_.name));
    } else if (key == "dataset_type" && value.kind == Kind::kInteger) {
      row_.type = std::to_string(value.integer);
    } else if (key == "dataset_type") {
      NoteOdd("dataset_type", TakeText(value, kMaxCodeBytes, row_.type));
    }
  }

  std::string_view TakeId(const JsonValue& value) {
    const std::string_view odd = TakeText(value, kMaxTextBytes, row_.id);
    if (!odd.empty()) return odd;
    std::string_view fault = row_.id.empty() ? "is missing" : "";
    // A part of it would be another dataset's, and a mended one nobody's.
    if (value.text.size() > kMaxTextBytes) fault = "is longer than 512 bytes";
    if (MayBeMended(row_.id)) fault = "is no UTF-8";
    if (!fault.empty()) row_.id = {};
    return fault;
  }

  void NoteOdd(std::string_view field, std::string_view what) {
    if (what.empty()) return;
    page_.odd.push_back({.field = field, .what = what, .dataset_id = {}});
  }

  DatasetPage page_;
  bool has_list_ = false;
  bool in_list_ = false;
  bool in_row_ = false;
  ListedDataset row_;
  std::string_view id_fault_;  // Of the row; empty: none.
  std::size_t odd_before_row_ = 0;
};

}  // namespace

Result<StatusReply> DecodeSyncStatus(std::string_view body, DurationUnit unit) {
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
