#include "cloud/error_reply.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/time_format.h"
#include "base/utf8.h"
#include "cloud/error_page.h"
#include "cloud/gateway_limit.h"
#include "cloud/json_reader.h"
#include "cloud/text.h"
#include "net/url.h"

namespace exporter {
namespace {

using std::chrono::milliseconds;
using Kind = JsonValue::Kind;

constexpr std::size_t kMaxTextBytes = 512;
constexpr std::size_t kMaxMessageBytes = 400;

constexpr milliseconds kLongestPause = std::chrono::hours(1);

// What any of the known forms of an error says; nothing of it is required:
//   {"error_code", "error_msg" or "error_message", "request_id"}
//   {"code", "message"}
//   {"error": {"code": 401, "message", "title"}}
class ErrorVisitor final : public JsonVisitor {
 public:
  explicit ErrorVisitor(std::span<const Secret> hidden) : hidden_(hidden) {}

  std::string Value(int depth, std::string_view key,
                    const JsonValue& value) override {
    if (depth == 1) in_error_ = key == "error";
    const bool nested = depth == 2 && in_error_;
    if (depth != 1 && !nested) return "";
    if (value.kind == Kind::kString) {
      TakeText(key, nested, value.text);
    } else if (value.kind == Kind::kInteger && key == "error_code") {
      // A number that is called "code" is the status once more.
      code = std::to_string(value.integer);
    }
    return "";
  }

  std::string code;
  std::string text;
  std::string request_id;

 private:
  // The names of what is said, the one that is preferred first.
  static constexpr std::array<std::string_view, 4> kTexts = {
      "error_msg", "error_message", "message", "title"};

  void TakeText(std::string_view key, bool nested, std::string_view value) {
    if (key == "error_code" || key == "code") {
      code = ToCode(Blotted(value, hidden_));
    } else if (key == "request_id" && !nested) {
      request_id = ToCode(Blotted(value, hidden_));
    }
    const auto rank = static_cast<std::size_t>(
        std::find(kTexts.begin(), kTexts.end(), key) - kTexts.begin());
    if (rank == kTexts.size() || rank > rank_) return;
    rank_ = rank;
    text = Cut(Blotted(value, hidden_), kMaxTextBytes);
  }

  std::span<const Secret> hidden_;
  bool in_error_ = false;
  std::size_t rank_ = kTexts.size();  // Of what `text` was called.
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

// Where a redirect leads, for people: we do not follow it.
std::string Target(const HttpReply& reply) {
  const std::string_view location = Header(reply, "Location");
  if (reply.status / 100 != 3 || location.empty()) return "";
  return " to " + (SplitUrl(location) ? ToUtf8(UrlForMessages(location))
                                      : std::string("another path"));
}

// For the cloud's support; what OpenStack calls it, too.
std::string_view RequestId(const HttpReply& reply) {
  const std::string_view id = Header(reply, "X-Request-Id");
  return id.empty() ? Header(reply, "X-Openstack-Request-Id") : id;
}

bool IsDigits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<milliseconds> PauseOfHeader(const HttpReply& reply,
                                          WallTime now) {
  std::string_view wish = Header(reply, "Retry-After");
  if (const auto until = ParseHttpDate(wish)) {
    return *until - TimeOf(reply).value_or(now);
  }
  // "1.5" should not be there, but is no riddle.
  const auto point = wish.find('.');
  const std::string_view fraction =
      point == std::string_view::npos ? "" : wish.substr(point + 1);
  wish = wish.substr(0, point);
  if (wish.empty() || !IsDigits(wish) || !IsDigits(fraction)) {
    return std::nullopt;
  }
  // More digits than fit mean for ever, and so does the longest pause.
  std::int64_t seconds = INT64_MAX;
  std::from_chars(wish.data(), wish.data() + wish.size(), seconds);
  seconds = std::min<std::int64_t>(seconds, 86'400);
  // Not to come too early.
  if (fraction.find_first_not_of('0') != std::string_view::npos) ++seconds;
  return std::chrono::seconds(seconds);
}

// Of the gateway's message.
std::optional<milliseconds> PauseOfMessage(const HttpReply& reply) {
  const GatewayLimit limit = DecodeGatewayLimit(reply);
  if (!limit.requests) return std::nullopt;
  return limit.window / std::clamp(*limit.requests, 1, 10);
}

// Gateways say that a header is too large, or 400 alone, as HAProxy does; which
// one and how large it is, we know.
void AddTokenSize(Error& error, const HttpReply& reply,
                  std::span<const Secret> hidden) {
  constexpr std::size_t kLargeBytes = 8000;  // Apache's 8,190 are the least.
  std::size_t largest = 0;
  for (const Secret& secret : hidden) {
    largest = std::max(largest, secret.Reveal().size());
  }
  const bool is_in_doubt = error.cause == Cause::kUnknown &&
                           reply.status == 400 && largest >= kLargeBytes;
  if (is_in_doubt) error.cause = Cause::kRequestHeader;
  if (error.cause != Cause::kRequestHeader || largest == 0) return;
  error.message += "; the token has " + std::to_string(largest) + " bytes";
  if (is_in_doubt)
    error.message += ", which may be more than the gateway takes";
}

// Of a reply that is none of the cloud: its status is no verdict on what the
// cloud was asked, or on our credentials.
Error OfProxy(const HttpReply& reply, std::span<const Secret> hidden) {
  std::string message =
      "the proxy " + reply.proxy + " answered " + std::to_string(reply.status);
  HttpReply words = reply;
  words.proxy.clear();  // It is named already.
  const std::string page = DescribePage(words, hidden);
  if (!page.empty()) message += ": " + page;
  const auto squid = ToCode(Blotted(Header(reply, "X-Squid-Error"), hidden));
  if (!squid.empty()) message += ", " + squid;
  message.resize(Cut(message, kMaxMessageBytes).size());
  // tinyproxy says 401 of a wrong password (seen of 1.11.1).
  const bool is_login = reply.status == 407 || reply.status == 401;
  return {.kind = ErrorKind::kConnect,
          .message = std::move(message),
          .cause = is_login ? Cause::kProxyLogin : Cause::kProxy};
}

}  // namespace

Error DecodeError(const HttpReply& reply, std::span<const Secret> hidden) {
  ErrorVisitor said(hidden);
  // Whatever was understood until there counts.
  (void)ReadJson(reply.body, said);

  const bool said_nothing = said.code.empty() && said.text.empty();
  if (said_nothing && IsOfProxyItself(reply)) return OfProxy(reply, hidden);

  Error error{.kind = Classify(reply.status, said.code),
              .message = "HTTP " + std::to_string(reply.status)};
  error.message += Blotted(Target(reply), hidden);
  if (said_nothing) {
    const std::string page = DescribePage(reply, hidden);
    if (!page.empty()) error.message += ": " + page;
    error.cause = CauseOfPage(reply);
    AddTokenSize(error, reply, hidden);
  }
  if (!said.code.empty()) error.message += " " + said.code;
  if (!said.text.empty()) error.message += ": " + OnOneLine(said.text);
  error.message.resize(Cut(error.message, kMaxMessageBytes).size());

  error.http_status = reply.status;
  error.code = std::move(said.code);
  error.cloud_text = std::move(said.text);
  error.request_id = ToCode(Blotted(RequestId(reply), hidden));
  if (error.request_id.empty()) error.request_id = std::move(said.request_id);
  return error;
}

std::optional<WallTime> TimeOf(const HttpReply& reply) {
  const auto time = ParseHttpDate(Header(reply, "Date"));
  // Year 1 and 1970 are how many say that they do not know.
  if (!time || *time < WallTime(std::chrono::hours(24))) return std::nullopt;
  return time;
}

std::optional<milliseconds> DecodeRetryAfter(const HttpReply& reply,
                                             WallTime now) {
  auto pause = PauseOfHeader(reply, now);
  if (!pause) pause = PauseOfMessage(reply);
  if (!pause) return std::nullopt;
  return std::clamp(*pause, milliseconds::zero(), kLongestPause);
}

}  // namespace exporter
