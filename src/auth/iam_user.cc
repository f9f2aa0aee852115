#include "auth/iam_user.h"

#include <utility>

#include "base/utf8.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

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

}  // namespace

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

  HttpRequest request =
      AskForIamToken(settings_.endpoint, settings_.domain, settings_.name,
                     *password_.Get(), project_id);
  request.transport = settings_.transport;
  return request;
}

Result<IamToken> IamUser::Answered(const std::string& project_id,
                                   std::uint64_t password_version,
                                   const Result<HttpReply>& reply,
                                   WallTime now) {
  --on_their_way_;
  if (!reply) return Fail(OfIam(settings_.endpoint, reply.error()));
  const Secret password = password_.Get() ? *password_.Get() : Secret();
  Result<IamToken> token = DecodeIamToken(*reply, password, now);
  if (!token) token = Fail(OfIam(settings_.endpoint, token.error()));
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
