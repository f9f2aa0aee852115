// Keeps wrong credentials from locking the account: the cloud locks an access
// key for five minutes after more than five refusals in a row.
//
// As long as nothing proves that the credentials are right, requests go one at
// a time: the next one after a verdict, or 250 ms after the one before it when
// that hangs or ended without a verdict, and at most three are on their way. A
// refusal closes the gate: then one request a minute tries again, until one is
// accepted or the credentials change.
//
// A key that was right may be taken away, or the clock leap, between two
// scrapes. So after a second of rest one request goes ahead of the others, who
// wait for its verdict, but no longer than 250 ms: nobody starves behind it.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/error.h"
#include "collect/instant.h"

namespace exporter {

// Shared by all projects of one account. Not safe for concurrent use.
class AccountGate {
 public:
  enum class Answer {
    kGo,
    kWait,     // Until WakeAt, or until the one on its way has a verdict.
    kRefused,  // Do not wait: Refusal() is the answer.
  };
  enum class Verdict { kAccepted, kRefused, kNone };

  // What one request knows of the gate that let it through.
  struct Pass {
    std::uint64_t credentials = 0;
    bool unproven = false;
  };

  // Whether a request may go at `now`. `may_lock`: refusals count against the
  // account; where they do not, only a refusal closes the gate.
  [[nodiscard]] Answer Ask(bool may_lock, SteadyTime now) const;

  // A request goes. REQUIRES: Ask said kGo.
  Pass Enter(SteadyTime now);

  // That request ended, or was given up (kNone). A verdict about credentials
  // that were replaced meanwhile changes nothing. `error` is what held back
  // queries report; null: nothing was learned. REQUIRES: `error` if refused.
  void Leave(const Pass& pass, Verdict verdict,
             std::shared_ptr<const Error> error, SteadyTime now);

  // The credentials were replaced: what was learned of the old ones is void.
  void NewCredentials();

  // When a kWait or a kRefused may turn into kGo without a further event.
  [[nodiscard]] SteadyTime WakeAt() const;

  // REQUIRES: Ask said kRefused.
  [[nodiscard]] const std::shared_ptr<const Error>& Refusal() const {
    return refusal_;
  }

  // How the last request that had no verdict ended; null if none did since the
  // last verdict. It is why others still wait.
  [[nodiscard]] const std::shared_ptr<const Error>& NoVerdict() const {
    return no_verdict_;
  }

  // Whether the last verdict was a refusal: then renewing and asking again the
  // same query would be one more try against the account.
  [[nodiscard]] bool LastWasRefused() const { return last_was_refused_; }

 private:
  std::uint64_t credentials_ = 0;  // Rises with each replacement.
  bool proven_ = false;
  bool last_was_refused_ = false;
  unsigned unproven_on_the_way_ = 0;
  std::optional<SteadyTime> next_unproven_;  // None: at once.
  SteadyTime last_moved_{};                  // Something went or came.
  SteadyTime ahead_until_{};  // Till then, one that went ahead is waited for.
  std::optional<SteadyTime> next_trial_;  // Set while the gate is closed.
  std::shared_ptr<const Error> refusal_;
  std::shared_ptr<const Error> no_verdict_;
};

}  // namespace exporter
