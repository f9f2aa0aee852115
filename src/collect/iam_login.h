// Paces the logins of one project at IAM, by which its tokens are got: by what
// the password is worth (LoginGate), by the limit that IAM tells of, and after
// another failure by a Backoff of its own.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "collect/backoff.h"
#include "collect/instant.h"
#include "collect/login_gate.h"
#include "collect/settings.h"
#include "collect/shared_limits.h"
#include "collect/throttle.h"

namespace exporter {

// Not safe for concurrent use.
class IamLogin {
 public:
  // What one login knows of those that let it through: it leaves these, also
  // when the project has changed to others meanwhile.
  struct Pass {
    std::uint64_t number = 0;
    std::string project_id;
    std::shared_ptr<LoginGate> gate;
    std::uint64_t of_gate = 0;
    std::shared_ptr<Limit> limit;
    Throttle::Pass of_limit;
  };

  void Apply(const ProjectSettings& settings, SharedLimits& shared);

  // When a token may be asked for: at `now` or before, if at once;
  // SteadyTime::max() while that depends on one that is on its way.
  [[nodiscard]] SteadyTime NextAt(SteadyTime now) const;
  [[nodiscard]] bool IsOnItsWay() const { return on_its_way_ != 0; }

  // It is asked for. One Ended follows.
  [[nodiscard]] Pass Begin(SteadyTime now);
  // `error`: null if there is a token. `refusal`: what a 429 says, and
  // how long a pause another failure asks for.
  void Ended(const Pass& pass, const Error* error,
             const Throttle::Refusal& refusal, SteadyTime now, Rng& rng);

  // The password was replaced. A login on its way is of the old one.
  void NewSecret();
  // Likewise, all of the credentials were. Apply follows before any other call,
  // unless they are of another kind now.
  void NewCredentials();

  // As LoginGate's, for this project.
  [[nodiscard]] std::shared_ptr<const Error> Refusal() const {
    return gate_->RefusalFor(project_id_);
  }
  [[nodiscard]] unsigned Tries() const { return gate_->TriesFor(project_id_); }

 private:
  void Forget();

  std::string project_id_;
  std::shared_ptr<LoginGate> gate_;
  std::shared_ptr<Limit> limit_;

  std::uint64_t last_number_ = 0;
  std::uint64_t on_its_way_ = 0;  // 0: none of the present password.
  // After failures other than 401, 403 and 429, and after each token.
  Backoff backoff_;
};

}  // namespace exporter
