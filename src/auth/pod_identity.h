#pragma once

#include <memory>
#include <optional>
#include <string>

#include "auth/credentials.h"
#include "auth/environment.h"
#include "auth/temporary_key.h"

namespace exporter {

// Holds a temporary key of the pod (CCE) we run in, from the agent beside it,
// to whom a projected service account token proves which pod that is. Never
// through a proxy. Renewed 40 minutes before its end; where the token cannot be
// read, that is tried at most once a second.
class PodIdentity final : public Credentials {
 public:
  struct Settings {
    std::string uri;         // http or https, as the agent gives it.
    std::string token_file;  // Read for each request: its content rotates.
  };

  // HC_CONTAINER_CREDENTIALS_FULL_URI, HC_CONTAINER_AUTHORIZATION_TOKEN_FILE;
  // what is not set stays empty.
  static Settings FromEnvironment(const Environment& environment);

  // There is never a key if a setting is empty or the URI is none.
  explicit PodIdentity(Settings settings);

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
  Settings settings_;
  std::optional<Error> fault_;  // In the settings.
  std::shared_ptr<const Transport> direct_;
  Secret token_;                           // In the last request.
  std::optional<WallTime> unreadable_at_;  // When it last was.
  HeldKey key_;
};

}  // namespace exporter
