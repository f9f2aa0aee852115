#pragma once

#include <memory>
#include <string>

#include "auth/credentials.h"
#include "auth/iam_user.h"
#include "auth/lease.h"

namespace exporter {

// Holds a token of one project, got from IAM with the password of a user, who
// may be shared with other projects. Renewed half an hour before its end, and
// when it is refused.
class IamPassword final : public Credentials {
 public:
  IamPassword(std::shared_ptr<IamUser> user, std::string project_id);

  [[nodiscard]] Readiness State(WallTime now) const override;
  Result<HttpRequest> Prove(HttpRequest request, WallTime now) override;
  std::optional<RenewalRequest> Renewal(WallTime now) override;
  std::optional<Error> Renewed(const Result<HttpReply>& reply,
                               WallTime now) override;
  void Refused(const HttpRequest& request) override;
  void Refresh(WallTime now) override;
  [[nodiscard]] std::uint64_t Generation() const override;
  [[nodiscard]] std::uint64_t SecretVersion() const override;
  [[nodiscard]] std::optional<WallTime> Expiry() const override;
  [[nodiscard]] Lockable MayBeLocked() const override;

 private:
  std::shared_ptr<IamUser> user_;
  std::string project_id_;
  Lease lease_;
  Secret token_;
  std::uint64_t tokens_ = 0;  // How many there were.
  std::uint64_t password_version_;
  std::uint64_t asked_with_ = 0;  // The password's version in the last request.
};

}  // namespace exporter
