#include "auth/iam_token.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "auth/secret_file.h"
#include "base/time_format.h"
#include "cloud/error_reply.h"
#include "cloud/json_reader.h"
#include "cloud/text.h"
#include "net/url.h"

namespace exporter {
namespace {

using nlohmann::json;

std::string TokensUrl(std::string_view endpoint) {
  return std::string(endpoint) + "/v3/auth/tokens";
}

// The ways in that {"required_auth_methods": [["password", "totp"]]} names, for
// people: "password and totp"; " or " between several sets.
class RequiredMethods final : public JsonVisitor {
 public:
  std::string Value(int depth, std::string_view key,
                    const JsonValue& value) override {
    constexpr std::size_t kMaxBytes = 100;
    if (depth == 1) is_inside_ = key == "required_auth_methods";
    if (!is_inside_ || text.size() > kMaxBytes) return "";
    if (depth == 2 && !text.empty()) separator_ = " or ";
    if (depth == 3 && value.kind == JsonValue::Kind::kString) {
      text.append(separator_).append(ToCode(value.text));
      separator_ = " and ";
    }
    return "";
  }

  std::string text;

 private:
  bool is_inside_ = false;
  std::string_view separator_;
};

// What a 401 that asks for a second factor says; empty for all others.
// Source: OpenStack Identity API v3, "Multi-Factor Authentication".
std::string WantsMoreThanAPassword(const HttpReply& reply) {
  if (reply.status != 401) return "";
  RequiredMethods methods;
  (void)ReadJson(reply.body, methods);
  if (methods.text.empty() && Header(reply, "Openstack-Auth-Receipt").empty()) {
    return "";
  }
  std::string words = "the user needs more than a password";
  if (!methods.text.empty()) words += ": " + methods.text;
  return words;
}

// What to do depends on that it was IAM who was asked.
Cause CauseOf(const Error& error) {
  const bool is_open = error.cause == Cause::kUnknown ||
                       error.cause == Cause::kLookup ||
                       error.cause == Cause::kUnreachable;
  if (!is_open) return error.cause;
  switch (error.kind) {
    case ErrorKind::kTls:
      return Cause::kIamCertificate;
    case ErrorKind::kUnauthorized:
    case ErrorKind::kForbidden:
      return Cause::kIamRefusal;
    case ErrorKind::kThrottled:
    case ErrorKind::kServerError:
      return Cause::kIamTrouble;
    default:
      return Cause::kIamEndpoint;
  }
}

}  // namespace

HttpRequest AskForIamToken(std::string_view endpoint, const std::string& domain,
                           const std::string& name, const Secret& password,
                           const std::string& project_id) {
  const json body = {{"auth",
                      {{"identity",
                        {{"methods", {"password"}},
                         {"password",
                          {{"user",
                            {{"name", name},
                             {"password", password.Reveal()},
                             {"domain", {{"name", domain}}}}}}}}},
                       {"scope", {{"project", {{"id", project_id}}}}}}}};
  HttpRequest request;
  request.method = "POST";
  request.url = TokensUrl(endpoint) + "?nocatalog=true";
  request.headers = {{"Content-Type", "application/json"},
                     {"X-Language", "en-us"}};
  request.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return request;
}

Result<IamToken> DecodeIamToken(const HttpReply& reply, const Secret& password,
                                WallTime now) {
  if (reply.status != 200 && reply.status != 201) {
    Error error = DecodeError(reply, {&password, 1});
    const std::string wants = WantsMoreThanAPassword(reply);
    if (!wants.empty()) {
      error.message += ": " + wants;
      error.cause = Cause::kSecondFactor;
    }
    return Fail(std::move(error));
  }
  const std::string_view text = Header(reply, "X-Subject-Token");
  if (text.empty()) {
    return Fail(ErrorKind::kMalformed, "the reply has no X-Subject-Token");
  }
  if (!FitsHeader(text)) {
    return Fail(ErrorKind::kMalformed,
                "X-Subject-Token is too long or holds a control character");
  }
  // Such as "2020-01-04T09:05:22.701000Z".
  std::optional<WallTime> end;
  if (const auto texts = TextsIn(reply.body, "token", {"expires_at"})) {
    end = ParseRfc3339(texts->front());
  }
  if (end && *end <= now) end.reset();
  return IamToken{Secret(std::string(text)), end};
}

Error OfIam(std::string_view endpoint, Error error) {
  error.cause = CauseOf(error);
  return While("POST " + UrlForMessages(TokensUrl(endpoint)), std::move(error));
}

}  // namespace exporter
