#include "auth/http_failure.h"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "auth/reply_json.h"
#include "base/utf8.h"

namespace exporter {
namespace {

constexpr std::size_t kMaxTextBytes = 256;

ErrorKind KindOf(int status) {
  if (status == 401) return ErrorKind::kUnauthorized;
  if (status == 403) return ErrorKind::kForbidden;
  if (status == 404) return ErrorKind::kNotFound;
  if (status == 429) return ErrorKind::kThrottled;
  return status >= 500 ? ErrorKind::kServerError : ErrorKind::kClientError;
}

// The first of these members that is a text; empty if none is.
std::string TextIn(const nlohmann::json& object,
                   std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto member = object.find(name);
    if (member != object.end() && member->is_string()) {
      return member->get<std::string>();
    }
  }
  return {};
}

std::string Blotted(std::string text, const std::string& hide) {
  if (hide.empty()) return text;
  for (auto at = text.find(hide); at != std::string::npos;
       at = text.find(hide, at)) {
    text.replace(at, hide.size(), "<secret>");
    at += std::string_view("<secret>").size();
  }
  return text;
}

std::string OnOneLine(std::string text) {
  text = ToUtf8(std::string_view(text).substr(0, kMaxTextBytes));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7F') c = ' ';
  }
  return text;
}

}  // namespace

Error HttpFailure(const HttpReply& reply, const Secret& hide) {
  Error error{KindOf(reply.status), "HTTP " + std::to_string(reply.status)};
  error.http_status = reply.status;
  error.request_id = OnOneLine(std::string(Header(reply, "X-Request-Id")));

  const nlohmann::json body = ParseReply(reply.body);
  // IAM wraps what it says: {"error": {"code": 401, "message", "title"}}.
  const auto inner = body.find("error");
  const auto& said = inner != body.end() && inner->is_object() ? *inner : body;
  error.code = OnOneLine(TextIn(said, {"error_code", "code"}));
  error.cloud_text = OnOneLine(
      Blotted(TextIn(said, {"error_msg", "error_message", "message", "title"}),
              hide.Reveal()));
  if (!error.code.empty()) error.message += ' ' + error.code;
  if (!error.cloud_text.empty()) error.message += ": " + error.cloud_text;
  return error;
}

}  // namespace exporter
