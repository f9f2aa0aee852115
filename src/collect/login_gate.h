// Decides when IAM may be asked for a token with a password, so that no account
// is locked: Keystone counts refusals of a password without a time window, and
// answers one and the same 401 to a wrong password and to a project on which
// the user has no role.
//
// One value of the password is tried at most `max_tries` times while nothing
// accepts it: other projects at once, the same project again after 1 and after
// 10 minutes; then once a day, on a reload, or when it changes. Once it was
// accepted for any project, the refusal of a project that never got a token is
// that project's alone, which tries again after the next acceptance, or the
// next day; the refusal of one that did counts as such a try. Nobody knows
// whether the password has been replaced in the meantime: of the projects that
// were refused alone, a reload therefore lets `max_tries` in all try again, and
// each further one a single one, until the password is accepted once more.
//
// Source: Keystone, [security_compliance] lockout_failure_attempts.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/error.h"
#include "collect/breaker.h"
#include "collect/instant.h"

namespace exporter {

// Shared by all projects whose tokens are got with the same password. Not safe
// for concurrent use.
class LoginGate {
 public:
  using Verdict = Breaker::Verdict;

  // 1 to 10.
  void SetMaxTries(unsigned max_tries) { max_tries_ = max_tries; }

  // When a token of `project` may be asked for: at `now` or before, if at once;
  // SteadyTime::max() while that depends on one that is on its way.
  [[nodiscard]] SteadyTime NextAt(const std::string& project,
                                  SteadyTime now) const;

  // One is asked for. REQUIRES: NextAt said so. One End follows.
  std::uint64_t Begin(SteadyTime now);

  // `pass` is what Begin gave. `error`: null unless refused.
  void End(std::uint64_t pass, const std::string& project, Verdict verdict,
           std::shared_ptr<const Error> error, bool timed_out, SteadyTime now);

  // The password was replaced: it is tried at once.
  void NewSecret();

  // A person wants another try, whatever was refused.
  void Reloaded();

  // Why `project` has to wait: its own refusal, or that of others. Null if
  // nothing was refused.
  [[nodiscard]] std::shared_ptr<const Error> RefusalFor(
      const std::string& project) const;

  // How often this value was tried in vain, for messages of `project`.
  [[nodiscard]] unsigned TriesFor(const std::string& project) const;

 private:
  struct Project {
    bool accepted = false;        // It had a token with this password.
    bool may_try_again = false;   // After a reload.
    std::uint64_t last_turn = 0;  // Of all that a reload let try again.
    unsigned refusals = 0;        // Since it had a token.
    SteadyTime refused_at{};
    std::shared_ptr<const Error> refusal;
  };
  [[nodiscard]] SteadyTime OwnTurn(const Project& project) const;
  [[nodiscard]] bool IsOfThePassword(const Project& project) const {
    return !accepted_ || project.accepted || tries_ > 0;
  }

  unsigned max_tries_ = 3;
  std::uint64_t epoch_ = 1;       // Rises with each password.
  bool accepted_ = false;         // For any project,
  SteadyTime accepted_at_{};      // and when for the last one.
  SteadyTime lone_refused_at_{};  // The last refusal of a project alone.
  bool may_try_again_ = false;    // After a reload.
  unsigned tries_ = 0;            // In vain, since it was accepted last.
  unsigned lone_tries_ = 0;       // Likewise, after reloads: of projects alone.
  std::uint64_t turns_ = 0;
  SteadyTime tried_at_{};  // The last of those.
  SteadyTime begun_at_{};  // The last request.
  std::size_t on_the_way_ = 0;
  std::shared_ptr<const Error> refusal_;
  std::map<std::string, Project> projects_;
};

}  // namespace exporter
