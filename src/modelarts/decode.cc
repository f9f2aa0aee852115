#include "modelarts/decode.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "base/time_format.h"
#include "base/utf8.h"
#include "modelarts/json_reader.h"

namespace exporter {
namespace {

using std::chrono::milliseconds;
using Kind = JsonValue::Kind;

constexpr std::size_t kMaxCodeBytes = 128;
constexpr std::size_t kMaxTextBytes = 512;
constexpr std::size_t kMaxTaskIdBytes = 256;
constexpr std::size_t kMaxWordBytes = 64;
constexpr std::size_t kMaxMessageBytes = 400;

// The end of the year 9999, which is the last that our own output can write.
constexpr std::int64_t kMaxMilliseconds = 253'402'300'799'999;

constexpr milliseconds kLongestPause = std::chrono::hours(1);

// `text`, cut between two characters where it is longer than `most` bytes.
// REQUIRES: it is UTF-8.
std::string_view Cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 &&
         (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) {
    --most;
  }
  return text.substr(0, most);
}

// `text` fit for a label or a header: short, printable ASCII.
std::string ToCode(std::string_view text) {
  std::string code(text.substr(0, kMaxCodeBytes));
  std::replace_if(
      code.begin(), code.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return code;
}

// `text` in one line.
std::string Flatten(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; },
      ' ');
  return line;
}

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

// What any of the known forms of an error says; nothing of it is required:
//   {"error_code", "error_msg" or "error_message", "request_id"}
//   {"error": {"code": 401, "message", "title"}}
struct ErrorVisitor {
  std::string Value(int depth, std::string_view key, const JsonValue& value) {
    if (depth == 1) in_error = key == "error";
    const bool nested = depth == 2 && in_error;
    if (value.kind == Kind::kInteger && depth == 1 && key == "error_code") {
      code = std::to_string(value.integer);
    }
    if (value.kind != Kind::kString || (depth != 1 && !nested)) return "";
    // A number as the nested code is the status once more.
    if (key == (nested ? "code" : "error_code")) code = ToCode(value.text);
    if (nested ? key == "message"
               : key == "error_msg" || key == "error_message") {
      text = Cut(value.text, kMaxTextBytes);
    }
    if (!nested && key == "request_id") request_id = ToCode(value.text);
    return "";
  }
  void End(int /*depth*/) {}

  std::string code;
  std::string text;
  std::string request_id;
  bool in_error = false;
};

// "APIG.0101" and "APIGW.0101" are one code: of old and new gateways.
bool IsGatewayCode(std::string_view code, std::string_view number) {
  for (const std::string_view prefix : {"APIG.", "APIGW."}) {
    if (code.starts_with(prefix) && code.substr(prefix.size()) == number) {
      return true;
    }
  }
  return false;
}

ErrorKind Classify(int status, std::string_view code) {
  switch (status) {
    case 400:
      return code == "ModelArts.4352" ? ErrorKind::kNotFound
                                      : ErrorKind::kClientError;
    case 401:
      return ErrorKind::kUnauthorized;
    case 403:
      return ErrorKind::kForbidden;
    case 404:
      return IsGatewayCode(code, "0101") ? ErrorKind::kApiUnavailable
                                         : ErrorKind::kNotFound;
    case 429:
      return ErrorKind::kThrottled;
    default:
      if (status >= 500) return ErrorKind::kServerError;
      if (status >= 300) return ErrorKind::kClientError;
      return ErrorKind::kMalformed;
  }
}

// Takes a number from the front of `text`; none if there is none, or a huge
// one.
std::optional<std::int64_t> TakeNumber(std::string_view& text) {
  std::int64_t number = 0;
  const auto [rest, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return number;
}

std::optional<milliseconds> PauseOfHeader(const HttpReply& reply,
                                          WallTime now) {
  std::string_view wish = Header(reply, "Retry-After");
  if (const auto until = ParseHttpDate(wish)) {
    return *until - ParseHttpDate(Header(reply, "Date")).value_or(now);
  }
  const bool is_number =
      !wish.empty() &&
      wish.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_number) return std::nullopt;
  // More digits than fit mean for ever, and so does the longest pause.
  const auto seconds = TakeNumber(wish).value_or(INT64_MAX);
  return std::chrono::seconds(std::min<std::int64_t>(seconds, 86'400));
}

// Of "policy user over ratelimit,limit:200,time:5 minute" somewhere in `body`.
std::optional<milliseconds> PauseOfMessage(std::string_view body) {
  constexpr std::string_view kLimit = "limit:";
  constexpr std::string_view kTime = ",time:";
  constexpr std::pair<std::string_view, milliseconds> kUnits[] = {
      {" second", std::chrono::seconds(1)},
      {" minute", std::chrono::minutes(1)},
      {" hour", std::chrono::hours(1)},
      {" day", std::chrono::hours(24)}};

  const auto at = body.find(kLimit);
  if (at == std::string_view::npos) return std::nullopt;
  body.remove_prefix(at + kLimit.size());
  const auto limit = TakeNumber(body);
  if (!limit || !body.starts_with(kTime)) return std::nullopt;
  body.remove_prefix(kTime.size());
  const auto count = TakeNumber(body);
  if (!count) return std::nullopt;
  for (const auto& [name, unit] : kUnits) {
    if (body.starts_with(name)) {
      const auto window = unit * std::min<std::int64_t>(*count, 1000);
      return window / std::clamp<std::int64_t>(*limit, 1, 10);
    }
  }
  return std::nullopt;
}

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

Error DecodeError(const HttpReply& reply) {
  ErrorVisitor said;
  // Whatever was understood until there counts; HTML says nothing.
  (void)ReadJson(reply.body, said);

  Error error{.kind = Classify(reply.status, said.code),
              .message = "HTTP " + std::to_string(reply.status)};
  if (!said.code.empty()) error.message += " " + said.code;
  if (!said.text.empty()) error.message += ": " + Flatten(said.text);
  error.message.resize(Cut(error.message, kMaxMessageBytes).size());

  error.http_status = reply.status;
  error.code = std::move(said.code);
  error.cloud_text = std::move(said.text);
  error.request_id = ToCode(Header(reply, "X-Request-Id"));
  if (error.request_id.empty()) error.request_id = std::move(said.request_id);
  return error;
}

std::optional<milliseconds> DecodeRetryAfter(const HttpReply& reply,
                                             WallTime now) {
  auto pause = PauseOfHeader(reply, now);
  if (!pause) pause = PauseOfMessage(reply.body);
  if (!pause) return std::nullopt;
  return std::clamp(*pause, milliseconds::zero(), kLongestPause);
}

}  // namespace exporter
