#include "auth/access_key.h"

#include <utility>

namespace exporter {

KeyReader ReadKeyParts(SecretReader id, SecretReader secret,
                       std::optional<SecretReader> security_token) {
  return [id = std::move(id), secret = std::move(secret),
          security_token = std::move(security_token)]() -> Result<SigningKey> {
    Result<Secret> id_now = id();
    if (!id_now) return Fail(id_now.error());
    Result<Secret> secret_now = secret();
    if (!secret_now) return Fail(secret_now.error());
    SigningKey key{*std::move(id_now), *std::move(secret_now), Secret()};
    if (security_token) {
      Result<Secret> token_now = (*security_token)();
      if (!token_now) return Fail(token_now.error());
      key.security_token = *std::move(token_now);
    }
    return key;
  };
}

AccessKey::AccessKey(KeyReader key) : key_(std::move(key)) {}

Credentials::Readiness AccessKey::State(WallTime /*now*/) const {
  return key_.Get() ? Readiness::kReady : Readiness::kNone;
}

Result<HttpRequest> AccessKey::Prove(HttpRequest request, WallTime now) {
  if (!key_.Get()) return Fail(key_.Get().error());
  return Sign(std::move(request), *key_.Get(), now);
}

std::optional<Credentials::RenewalRequest> AccessKey::Renewal(
    WallTime /*now*/) {
  return std::nullopt;
}

std::optional<Error> AccessKey::Renewed(const Result<HttpReply>& /*reply*/,
                                        WallTime /*now*/) {
  return std::nullopt;
}

void AccessKey::Refused(const HttpRequest& /*request*/) {}

void AccessKey::Refresh(WallTime now) { key_.Refresh(now); }

std::uint64_t AccessKey::Generation() const { return key_.Version(); }

std::optional<WallTime> AccessKey::Expiry() const { return std::nullopt; }

Credentials::Lockable AccessKey::MayBeLocked() const { return Lockable::kKey; }

}  // namespace exporter
