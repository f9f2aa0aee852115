#include "auth/lease.h"

#include <algorithm>
#include <utility>

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kLongestWait = 1min;
// For what does not say when it ends.
constexpr std::chrono::milliseconds kAssumedLife = 1h;

bool IsRefusal(ErrorKind kind) {
  return kind == ErrorKind::kUnauthorized || kind == ErrorKind::kForbidden ||
         kind == ErrorKind::kNotFound || kind == ErrorKind::kApiUnavailable ||
         kind == ErrorKind::kClientError;
}

// Whether `now` lies within a minute after `then`. A clock that was set back
// makes it false, so that nothing waits for a time that was an error.
bool IsWithinAMinute(WallTime then, WallTime now) {
  return now >= then && now - then < kLongestWait;
}

}  // namespace

Lease::Lease(std::chrono::milliseconds ahead)
    : ahead_(ahead),
      longest_wait_(kLongestWait),
      why_{ErrorKind::kCredentials, "nothing was asked yet"} {}

Credentials::Readiness Lease::State(WallTime now) const {
  if (Holds(now)) return Credentials::Readiness::kReady;
  return on_its_way_ || Due(now) ? Credentials::Readiness::kPending
                                 : Credentials::Readiness::kNone;
}

bool Lease::Holds(WallTime now) const {
  return held_ && (!end_ || now < *end_);
}

bool Lease::IsWanted(WallTime now) const {
  return !on_its_way_ && !(Holds(now) && now < renew_at_);
}

bool Lease::Due(WallTime now) const {
  if (!IsWanted(now)) return false;
  // Further away than we ever wait: the clock was set back.
  return now >= not_before_ || not_before_ - now > longest_wait_;
}

void Lease::Begin() { on_its_way_ = true; }

void Lease::Succeed(std::optional<WallTime> end, WallTime now) {
  on_its_way_ = false;
  failures_ = 0;
  held_ = true;
  end_ = end;
  why_ = {ErrorKind::kCredentials, "what was last given has ended"};
  renew_at_ = now + kLongestWait;
  if (end) {
    renew_at_ = std::max({renew_at_, *end - ahead_, now + (*end - now) / 2});
  } else {
    renew_at_ = now + kAssumedLife;
  }
  // What ends as soon as it is given must not keep us asking without a pause.
  not_before_ = now + 1s;
}

void Lease::Fail(Error why, WallTime now,
                 std::optional<std::chrono::milliseconds> retry_after) {
  on_its_way_ = false;
  std::chrono::milliseconds wait = kLongestWait;
  if (!IsRefusal(why.kind) && failures_ < 6) wait = 1s * (1 << failures_);
  ++failures_;
  if (retry_after) wait = *retry_after;
  longest_wait_ = std::max(wait, kLongestWait);
  not_before_ = now + wait;
  why_ = std::move(why);
}

void Lease::Abandon() { on_its_way_ = false; }

void Lease::Refuse(WallTime now) {
  if (!held_) return;
  if (given_up_ && IsWithinAMinute(*given_up_, now)) return;
  given_up_ = now;
  held_ = false;
  end_.reset();
  if (failures_ == 0) not_before_ = now;
}

void Lease::ForgetFailures() {
  failures_ = 0;
  not_before_ = WallTime{};
  given_up_.reset();
}

std::optional<WallTime> Lease::End() const { return end_; }

}  // namespace exporter
