#pragma once

#include <functional>
#include <optional>

#include "auth/credentials.h"
#include "auth/secret_file.h"
#include "auth/signer.h"
#include "auth/watched.h"

namespace exporter {

// Gives the access key as it is at the moment of the call.
using KeyReader = std::function<Result<SigningKey>()>;

// The key whose parts these readers give. `security_token` may be left out.
KeyReader ReadKeyParts(SecretReader id, SecretReader secret,
                       std::optional<SecretReader> security_token);

// An access key that stands somewhere to be read: in the configuration, in
// files, in the environment, in a profile. Signs with it; it cannot be renewed
// from here, and it says nothing of its end.
class AccessKey final : public Credentials {
 public:
  explicit AccessKey(KeyReader key);

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
  Watched<SigningKey> key_;
};

}  // namespace exporter
