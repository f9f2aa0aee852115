#include "collect/breaker.h"

#include <algorithm>
#include <chrono>

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kPatience{250};
constexpr std::chrono::seconds kRest{1};
constexpr unsigned kMostProbes = 3;
constexpr std::size_t kEnoughForDoubt = 2;

// The cloud locks a key after five failures, and unlocks it after minutes.
constexpr TryLedger::Policy kOfKeys{.max_tries = 3, .window = 15min};
// Of tokens, which nobody locks: to spare the cloud.
constexpr TryLedger::Policy kOfTokens{.max_tries = 3, .window = 1min};

}  // namespace

Breaker::Breaker(bool lockable)
    : lockable_(lockable), tries_(lockable ? kOfKeys : kOfTokens) {}

bool Breaker::Rested(SteadyTime now) const {
  return lockable_ && now - last_moved_ >= kRest;
}

Breaker::Answer Breaker::Ask(SteadyTime now) const {
  if (IsUnproven()) {
    if (tries_.RoomAt(0, now) > now) return Answer::kRefused;
    if (now < next_probe_ || probes_on_the_way_ >= kMostProbes ||
        tries_.RoomAt(probes_on_the_way_, now) > now) {
      return Answer::kWait;
    }
    return Answer::kProbe;
  }
  if (Rested(now)) return Answer::kProbe;
  if (!ahead_ || now >= ahead_until_) return Answer::kGo;
  return now >= next_probe_ ? Answer::kProbe : Answer::kWait;
}

Breaker::Pass Breaker::Enter(SteadyTime now) {
  if (Rested(now)) {
    ahead_ = true;
    ahead_until_ = now + kPatience;
  } else if (now >= ahead_until_) {
    ahead_ = false;
  }
  const bool probe = IsUnproven() || ahead_;
  last_moved_ = now;
  if (probe) {
    ++probes_on_the_way_;
    next_probe_ = now + kPatience;
  }
  return {.epoch = epoch_, .probe = probe};
}

void Breaker::Leave(const Pass& pass, const End& end, SteadyTime now) {
  if (pass.epoch != epoch_) return;
  last_moved_ = now;
  if (pass.probe && probes_on_the_way_ > 0) --probes_on_the_way_;
  switch (end.verdict) {
    case Verdict::kAccepted:
      accepted_ = true;
      doubted_ = false;
      ahead_ = false;
      suspicious_.clear();
      tries_.Clear();
      refusal_.reset();
      no_verdict_.reset();
      return;
    case Verdict::kNone:
      if (end.error) no_verdict_ = end.error;
      return;
    case Verdict::kRefused:
      break;
  }
  no_verdict_.reset();
  if (IsUnproven()) {
    if (pass.probe) tries_.Refused(end.object, now);
    refusal_ = end.error;
    next_probe_ = now;
    return;
  }
  if (pass.probe) {
    next_probe_ = now;
    ahead_until_ = now + kPatience;
  }
  if (!end.was_good) return;
  if (lockable_) tries_.Refused(end.object, now);
  suspicious_.insert(end.object);
  if (!end.is_only_one && suspicious_.size() < kEnoughForDoubt) return;
  doubted_ = true;
  ahead_ = false;
  refusal_ = end.error;
  next_probe_ = now;
}

void Breaker::NewCredentials() {
  if (IsUnproven()) ++standing_epoch_;
  ++epoch_;
  accepted_ = false;
  doubted_ = false;
  ahead_ = false;
  suspicious_.clear();
  tries_.Clear();
  probes_on_the_way_ = 0;
  next_probe_ = SteadyTime{};
  refusal_.reset();
  no_verdict_.reset();
}

SteadyTime Breaker::WakeAt(SteadyTime now) const {
  if (!IsUnproven()) return std::min(next_probe_, ahead_until_);
  const SteadyTime room = tries_.RoomAt(0, now);
  if (room > now) return room;
  if (probes_on_the_way_ >= kMostProbes) return SteadyTime::max();
  return std::max(next_probe_, tries_.RoomAt(probes_on_the_way_, now));
}

}  // namespace exporter
