#include "auth/iam_password.h"

#include <utility>

#include "auth/token.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

}  // namespace

IamPassword::IamPassword(std::shared_ptr<IamUser> user, std::string project_id)
    : user_(std::move(user)),
      project_id_(std::move(project_id)),
      lease_(30min),
      password_version_(user_->PasswordVersion()) {}

Credentials::Readiness IamPassword::State(WallTime now) const {
  if (lease_.Holds(now)) return Readiness::kReady;
  if (lease_.OnItsWay()) return Readiness::kPending;
  return user_->Obstacle() ? Readiness::kNone : Readiness::kPending;
}

Result<HttpRequest> IamPassword::Prove(HttpRequest request, WallTime now) {
  if (!lease_.Holds(now)) {
    const int status = lease_.Why().http_status;
    Error why = user_->Obstacle().value_or(
        status == 401 || status == 403
            ? lease_.Why()
            : While("no token of IAM", lease_.Why()));
    why.kind = ErrorKind::kCredentials;
    return Fail(std::move(why));
  }
  return WithToken(std::move(request), token_);
}

std::optional<Credentials::RenewalRequest> IamPassword::Renewal(WallTime now) {
  if (!lease_.IsWanted(now)) return std::nullopt;
  std::optional<HttpRequest> request = user_->Ask(project_id_);
  if (!request) return std::nullopt;
  lease_.Begin();
  asked_with_ = user_->PasswordVersion();
  return RenewalRequest{*std::move(request), RenewalKind::kToken,
                        user_->Timeout()};
}

std::optional<Error> IamPassword::Renewed(const Result<HttpReply>& reply,
                                          WallTime now) {
  Result<IamToken> token = user_->Decode(reply, now);
  if (token) {
    token_ = std::move(token->text);
    ++tokens_;
    lease_.Succeed(token->end, now);
    return std::nullopt;
  }
  if (asked_with_ != user_->PasswordVersion()) {
    lease_.Abandon();
  } else {
    lease_.Fail(token.error());
  }
  return token.error();
}

void IamPassword::Refused(const HttpRequest& request) {
  if (IsProvedBy(request, token_)) lease_.GiveUp();
}

void IamPassword::Refresh(WallTime now) {
  user_->Refresh(now);
  password_version_ = user_->PasswordVersion();
}

std::uint64_t IamPassword::Generation() const {
  return tokens_ + password_version_;
}

std::uint64_t IamPassword::SecretVersion() const { return password_version_; }

std::optional<WallTime> IamPassword::Expiry() const { return lease_.End(); }

Credentials::Lockable IamPassword::MayBeLocked() const {
  return Lockable::kPassword;
}

}  // namespace exporter
