#pragma once

#include "auth/credentials.h"
#include "auth/secret_file.h"
#include "auth/watched.h"

namespace exporter {

// `request` with the token `text`. Without X-Project-Id: a token is of one
// project, and services take that header from a client for a forgery.
HttpRequest WithToken(HttpRequest request, const Secret& text);

// Whether WithToken made `request` with `text`.
bool IsProvedBy(const HttpRequest& request, const Secret& text);

// A token that someone else gets for us, given outright or in a file. It cannot
// be renewed from here, and it says nothing of its end.
class Token final : public Credentials {
 public:
  explicit Token(SecretReader token);

  [[nodiscard]] Readiness State(WallTime now) const override;
  Result<HttpRequest> Prove(HttpRequest request, WallTime now) override;
  std::optional<RenewalRequest> Renewal(WallTime now) override;
  std::optional<Error> Renewed(const Result<HttpReply>& reply,
                               WallTime now) override;
  void Refused(const HttpRequest& request) override;
  void Refresh(WallTime now) override;
  [[nodiscard]] std::uint64_t Generation() const override;
  [[nodiscard]] std::optional<WallTime> Expiry() const override;
  [[nodiscard]] Lockable MayBeLocked() const override;

 private:
  Watched<Secret> token_;
};

}  // namespace exporter
