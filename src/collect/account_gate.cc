#include "collect/account_gate.h"

#include <chrono>
#include <utility>

namespace exporter {
namespace {

constexpr std::chrono::milliseconds kPatience{250};
constexpr unsigned kMostUnproven = 3;
constexpr std::chrono::seconds kBetweenTrials{60};
constexpr std::chrono::seconds kRest{1};

}  // namespace

AccountGate::Answer AccountGate::Ask(bool may_lock, SteadyTime now) const {
  if (next_trial_) {
    return now >= *next_trial_ ? Answer::kGo : Answer::kRefused;
  }
  if (!may_lock) return Answer::kGo;
  if (proven_) {
    const bool goes_ahead = now - last_moved_ >= kRest;
    return goes_ahead || now >= ahead_until_ ? Answer::kGo : Answer::kWait;
  }
  if (unproven_on_the_way_ >= kMostUnproven) return Answer::kWait;
  return !next_unproven_ || now >= *next_unproven_ ? Answer::kGo
                                                   : Answer::kWait;
}

AccountGate::Pass AccountGate::Enter(SteadyTime now) {
  if (next_trial_) next_trial_ = now + kBetweenTrials;
  if (now - last_moved_ >= kRest) ahead_until_ = now + kPatience;
  last_moved_ = now;
  if (proven_) return {.credentials = credentials_};
  ++unproven_on_the_way_;
  next_unproven_ = now + kPatience;
  return {.credentials = credentials_, .unproven = true};
}

void AccountGate::Leave(const Pass& pass, Verdict verdict,
                        std::shared_ptr<const Error> error, SteadyTime now) {
  if (pass.credentials != credentials_) return;
  last_moved_ = now;
  if (pass.unproven && unproven_on_the_way_ > 0) --unproven_on_the_way_;
  switch (verdict) {
    case Verdict::kAccepted:
      proven_ = true;
      ahead_until_ = now;
      last_was_refused_ = false;
      next_trial_.reset();
      refusal_.reset();
      no_verdict_.reset();
      break;
    case Verdict::kRefused:
      proven_ = false;
      last_was_refused_ = true;
      next_trial_ = now + kBetweenTrials;
      refusal_ = std::move(error);
      no_verdict_.reset();
      break;
    case Verdict::kNone:
      if (error) no_verdict_ = std::move(error);
      break;
  }
}

void AccountGate::NewCredentials() {
  ++credentials_;
  proven_ = false;
  unproven_on_the_way_ = 0;
  next_unproven_.reset();
  next_trial_.reset();
  refusal_.reset();
  no_verdict_.reset();
}

SteadyTime AccountGate::WakeAt() const {
  if (next_trial_) return *next_trial_;
  if (proven_) return ahead_until_;
  if (unproven_on_the_way_ >= kMostUnproven) return SteadyTime::max();
  return next_unproven_.value_or(SteadyTime::max());
}

}  // namespace exporter
