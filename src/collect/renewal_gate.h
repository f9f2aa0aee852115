// Decides when the credentials of one project may be renewed: tokens that a
// password gets as IamLogin says, and as the proxy to IAM lets; temporary keys
// that a service hands out when it has rested after a failure, which all
// projects share that use it.

#pragma once

#include <memory>
#include <optional>

#include "auth/credentials.h"
#include "collect/decision.h"
#include "collect/iam_login.h"
#include "collect/instant.h"
#include "collect/pacing.h"
#include "collect/proxy_login.h"
#include "collect/settings.h"
#include "collect/shared_limits.h"
#include "collect/signal.h"

namespace exporter {

// Pure. Not safe for concurrent use.
class RenewalGate {
 public:
  // What one renewal knows of those that let it through: it leaves these, also
  // when a reload has given the project others meanwhile.
  struct Pass {
    std::shared_ptr<Credentials> credentials;
    std::optional<IamLogin::Pass> login;  // None: not by a password.
    ProxyLogin::Pass proxy;
    std::shared_ptr<KeyService> service;  // Null: by a password.
  };
  struct Renewal {
    Credentials::RenewalRequest request;
    Pass pass;
  };

  void Apply(const ProjectSettings& settings, SharedLimits& shared);

  // The password was replaced.
  void NewSecret();
  // All of the credentials were. Apply follows before any other call.
  void NewCredentials() { login_.NewCredentials(); }

  // The renewal that is wanted and may go, if one is.
  std::optional<Renewal> Renew(Instant now);
  // It ended.
  void Ended(const Pass& pass, const Signal& signal, Instant now, Rng& rng);

  // kCredentials. REQUIRES: the credentials are kPending.
  [[nodiscard]] Decision Wait(Instant now) const;

  // Whether what was refused may be given up, for all who use it: what took the
  // place of something given up less than a minute ago would fare no better.
  [[nodiscard]] bool MayGiveUp(SteadyTime now) const;
  // It was.
  void GaveUp(SteadyTime now);

 private:
  [[nodiscard]] bool IsByPassword() const;
  [[nodiscard]] SteadyTime NextAt(SteadyTime now) const;

  std::shared_ptr<Credentials> credentials_;
  IamLogin login_;                       // By a password,
  ProxyLogin proxy_;                     // on its way to IAM.
  std::shared_ptr<KeyService> service_;  // Null: by a password.
};

}  // namespace exporter
