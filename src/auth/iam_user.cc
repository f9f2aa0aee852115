#include "auth/iam_user.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "auth/reply_json.h"
#include "base/time_format.h"
#include "base/utf8.h"
#include "cloud/error_reply.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr std::chrono::milliseconds kHoldAfterRefusal = 1min;
constexpr int kMaxUnproven = 1;
constexpr int kMaxProven = 3;

// JSON carries nothing but UTF-8.
SecretReader RefusingOtherThanUtf8(SecretReader read) {
  return [read = std::move(read)]() -> Result<Secret> {
    Result<Secret> password = read();
    if (password && !IsUtf8(password->Reveal())) {
      return Fail(ErrorKind::kCredentials, "the password is not UTF-8");
    }
    return password;
  };
}

// token.expires_at, e.g. "2020-01-04T09:05:22.701000Z"; none if it is not there
// or not readable.
std::optional<WallTime> EndIn(const std::string& text) {
  const json body = ParseReply(text);
  const auto token = body.find("token");
  if (token == body.end() || !token->is_object()) return std::nullopt;
  const auto end = token->find("expires_at");
  if (end == token->end() || !end->is_string()) return std::nullopt;
  return ParseRfc3339(end->get_ref<const std::string&>());
}

}  // namespace

Result<IamToken> DecodeIamToken(const HttpReply& reply, const Secret& password,
                                WallTime now) {
  if (reply.status != 200 && reply.status != 201) {
    return Fail(DecodeError(reply, {&password, 1}));
  }
  const std::string_view text = Header(reply, "X-Subject-Token");
  if (text.empty()) {
    return Fail(ErrorKind::kMalformed, "the reply has no X-Subject-Token");
  }
  if (!FitsHeader(text)) {
    return Fail(ErrorKind::kMalformed,
                "X-Subject-Token is too long or holds a control character");
  }
  std::optional<WallTime> end = EndIn(reply.body);
  if (end && *end <= now) end.reset();
  return IamToken{Secret(std::string(text)), end};
}

IamUser::IamUser(Settings settings)
    : settings_(std::move(settings)),
      password_(RefusingOtherThanUtf8(settings_.password)) {
  while (settings_.endpoint.ends_with('/')) settings_.endpoint.pop_back();
}

void IamUser::Refresh(WallTime now) {
  const std::uint64_t before = PasswordVersion();
  password_.Refresh(now);
  if (PasswordVersion() == before) return;
  proven_ = false;
  refusal_.reset();
}

std::uint64_t IamUser::PasswordVersion() const { return password_.Version(); }

std::optional<Error> IamUser::Obstacle(WallTime now) const {
  if (!password_.Get()) return password_.Get().error();
  if (IsHeldBack(now)) return refusal_->why;
  return std::nullopt;
}

std::optional<HttpRequest> IamUser::Ask(const std::string& project_id,
                                        WallTime now) {
  const bool is_refused_one = refusal_ && refusal_->project_id == project_id;
  if (IsHeldBack(now) && !is_refused_one) others_wait_ = true;
  if (Obstacle(now) || on_their_way_ >= (proven_ ? kMaxProven : kMaxUnproven)) {
    return std::nullopt;
  }
  if (is_refused_one && others_wait_) {
    others_wait_ = false;  // They have their chance on this turn of the loop.
    return std::nullopt;
  }
  ++on_their_way_;

  const json body = {{"auth",
                      {{"identity",
                        {{"methods", {"password"}},
                         {"password",
                          {{"user",
                            {{"name", settings_.name},
                             {"password", password_.Get()->Reveal()},
                             {"domain", {{"name", settings_.domain}}}}}}}}},
                       {"scope", {{"project", {{"id", project_id}}}}}}}};
  HttpRequest request;
  request.method = "POST";
  request.url = settings_.endpoint + "/v3/auth/tokens?nocatalog=true";
  request.headers = {{"Content-Type", "application/json"},
                     {"X-Language", "en-us"}};
  request.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  request.transport = settings_.transport;
  return request;
}

Result<IamToken> IamUser::Answered(const std::string& project_id,
                                   std::uint64_t password_version,
                                   const Result<HttpReply>& reply,
                                   WallTime now) {
  --on_their_way_;
  if (!reply) return Fail(While("asking it", reply.error()));
  const Secret password = password_.Get() ? *password_.Get() : Secret();
  Result<IamToken> token = DecodeIamToken(*reply, password, now);
  const bool is_of_this_password = password_version == PasswordVersion();
  if (token) {
    if (is_of_this_password) {
      proven_ = true;
      refusal_.reset();
    }
    return token;
  }
  if (reply->status != 401 && reply->status != 403) {
    return Fail(token.error());
  }
  Error why = While("IAM refused user \"" + settings_.name + "\" of domain \"" +
                        settings_.domain + '"',
                    token.error());
  if (is_of_this_password) {
    proven_ = false;
    refusal_ = Refusal{why, now, project_id};
    others_wait_ = false;
  }
  return Fail(std::move(why));
}

void IamUser::Forgotten() { --on_their_way_; }

bool IamUser::IsHeldBack(WallTime now) const {
  // A clock that was set back holds nobody.
  return refusal_ && now >= refusal_->when &&
         now - refusal_->when < kHoldAfterRefusal;
}

}  // namespace exporter
