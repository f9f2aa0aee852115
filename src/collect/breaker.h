// The circuit breaker of credentials: keeps one refused dataset from darkening
// the others, and wrong credentials from locking the account.
//
// What is refused is what was asked. Credentials are doubted only after two
// refusals of different datasets that were good or were never asked, with none
// accepted in between. Then they are probed: one query at a time, each for
// another dataset, until one is accepted, which closes the circuit for all, or
// until the ledger has no room for another try, which opens it.
//
// Credentials that may be locked are probed from the start, until they were
// accepted; and after a second of rest one query goes ahead of the others, who
// wait for its verdict no longer than 250 ms: a key may be taken away, or the
// clock leap, between two scrapes. A probe that hangs or ends without a verdict
// lets the next one go after 250 ms; at most three are on their way.

#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "base/error.h"
#include "collect/instant.h"
#include "collect/try_ledger.h"

namespace exporter {

// Shared by all projects that prove their queries alike. Not safe for
// concurrent use.
class Breaker {
 public:
  enum class Answer {
    kGo,
    kProbe,    // One may go: best for one that IsFresh, then IsUntried.
    kWait,     // Until WakeAt, or until a probe has a verdict.
    kRefused,  // Do not wait: Refusal() is the answer.
  };
  enum class Verdict { kAccepted, kRefused, kNone };

  // What one request knows of the breaker that let it through.
  struct Pass {
    std::uint64_t epoch = 0;
    bool probe = false;
  };

  // How a request ended.
  struct End {
    Verdict verdict = Verdict::kNone;
    // What others report whom it holds back; null: nothing was learned.
    std::shared_ptr<const Error> error = {};
    std::string object = {};   // What was asked for.
    bool was_good = true;      // The object was not refused when last asked.
    bool is_only_one = false;  // Nothing else that is good is known.
  };

  // `lockable`: refusals count against the account.
  explicit Breaker(bool lockable);

  [[nodiscard]] Answer Ask(SteadyTime now) const;

  // A request goes. REQUIRES: Ask said kGo or kProbe.
  Pass Enter(SteadyTime now);

  // That request ended or was given up. A verdict on credentials that were
  // replaced meanwhile changes nothing.
  void Leave(const Pass& pass, const End& end, SteadyTime now);

  // The credentials were replaced: what was learned of the old ones is void.
  void NewCredentials();

  // Whether `object` is neither a probe that was refused, nor one of those
  // whose refusals led to the doubt: its answer tells most.
  [[nodiscard]] bool IsFresh(const std::string& object) const {
    return !tries_.Names(object) && !suspicious_.contains(object);
  }
  // Whether its answer may tell something new. Where nothing was accepted yet,
  // those that led to the doubt are all there is to try.
  [[nodiscard]] bool IsUntried(const std::string& object) const {
    return accepted_ ? IsFresh(object) : !tries_.Names(object);
  }
  // When one that is not untried may be a probe.
  [[nodiscard]] SteadyTime AgainAt() const { return tries_.AgainAt(); }

  // When a kWait or a kRefused may turn into something else by itself.
  [[nodiscard]] SteadyTime WakeAt(SteadyTime now) const;

  // Null unless a refusal led to a doubt or a try.
  [[nodiscard]] const std::shared_ptr<const Error>& Refusal() const {
    return refusal_;
  }

  // How the last request that had no verdict ended; null if none did since the
  // last verdict. It is why others still wait.
  [[nodiscard]] const std::shared_ptr<const Error>& NoVerdict() const {
    return no_verdict_;
  }

  // Whether single queries have to find out what the credentials are worth.
  [[nodiscard]] bool IsUnproven() const {
    return doubted_ || (lockable_ && !accepted_);
  }
  [[nodiscard]] bool IsDoubted() const { return doubted_; }
  [[nodiscard]] bool WasAccepted() const { return accepted_; }
  [[nodiscard]] bool IsLockable() const { return lockable_; }
  [[nodiscard]] std::size_t Tries(SteadyTime now) const {
    return tries_.Count(now);
  }

  // Rises when refusals of single datasets no longer say anything about them,
  // since the credentials were at fault.
  [[nodiscard]] std::uint64_t StandingEpoch() const { return standing_epoch_; }

 private:
  [[nodiscard]] bool Rested(SteadyTime now) const;

  const bool lockable_;
  TryLedger tries_;
  std::uint64_t epoch_ = 1;  // Rises with each replacement.
  std::uint64_t standing_epoch_ = 1;
  bool accepted_ = false;
  bool doubted_ = false;
  bool ahead_ = false;                // One goes ahead after a rest.
  std::set<std::string> suspicious_;  // Refused since the last acceptance.
  unsigned probes_on_the_way_ = 0;
  SteadyTime next_probe_{};
  SteadyTime last_moved_{};   // Something went or came.
  SteadyTime ahead_until_{};  // Till then, one that went ahead is waited for.
  std::shared_ptr<const Error> refusal_;
  std::shared_ptr<const Error> no_verdict_;
};

}  // namespace exporter
