#pragma once

#include <memory>
#include <string>

#include "base/error.h"
#include "collect/instant.h"
#include "collect/login_gate.h"
#include "collect/settings.h"
#include "collect/shared_limits.h"
#include "collect/throttle.h"

namespace exporter {

// The logins of one project at IAM, by which its tokens are got: paced by what
// the password is worth (LoginGate), by the limit that IAM tells of, and after
// a failure by a pause of its own: a minute after a refusal, else 1 s, 2 s,
// 4 s, ... up to one minute. Not safe for concurrent use.
class IamLogin {
 public:
  void Apply(const ProjectSettings &settings, SharedLimits &shared);

  // When a token may be asked for: at `now` or before, if at once;
  // SteadyTime::max() while that depends on one that is on its way.
  [[nodiscard]] SteadyTime NextAt(SteadyTime now) const;
  [[nodiscard]] bool IsOnItsWay() const { return on_its_way_; }

  // It is asked for. One of the next two follows.
  void Begin(SteadyTime now);
  // `error`: null if there is a token. `refusal`: what a 429 says.
  void Ended(const Error *error, const Throttle::Refusal &refusal,
             SteadyTime now, Rng &rng);
  // Nobody waits for it any longer: others may go on with the account.
  void Abandoned(SteadyTime now);

  // The password was replaced.
  void NewSecret();

  // As LoginGate's, for this project.
  [[nodiscard]] std::shared_ptr<const Error> Refusal() const {
    return gate_->RefusalFor(project_id_);
  }
  [[nodiscard]] unsigned Tries() const { return gate_->TriesFor(project_id_); }

 private:
  void PauseAfter(const Error &error, SteadyTime now);

  std::string project_id_;
  std::shared_ptr<LoginGate> gate_;
  std::shared_ptr<Limit> limit_;

  bool on_its_way_ = false;
  std::uint64_t gate_pass_ = 0;
  Throttle::Pass limit_pass_;
  SteadyTime not_before_{};
  unsigned failures_ = 0;  // In a row, refusals not among them.
};

}  // namespace exporter
