#include "auth/lease.h"

#include <algorithm>
#include <utility>

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kLeastUse = 1min;
// For what does not say when it ends.
constexpr std::chrono::milliseconds kAssumedLife = 1h;

}  // namespace

Lease::Lease(std::chrono::milliseconds ahead)
    : ahead_(ahead), why_{ErrorKind::kCredentials, "nothing was asked yet"} {}

Credentials::Readiness Lease::State(WallTime now) const {
  if (Holds(now)) return Credentials::Readiness::kReady;
  return failed_ && !on_its_way_ ? Credentials::Readiness::kNone
                                 : Credentials::Readiness::kPending;
}

bool Lease::Holds(WallTime now) const {
  return held_ && (!end_ || now < *end_);
}

bool Lease::IsWanted(WallTime now) const {
  return !on_its_way_ && !(Holds(now) && now < renew_at_);
}

void Lease::Begin() { on_its_way_ = true; }

void Lease::Succeed(std::optional<WallTime> end, WallTime now) {
  on_its_way_ = false;
  failed_ = false;
  held_ = true;
  end_ = end;
  why_ = {ErrorKind::kCredentials, "what was last given has ended"};
  renew_at_ = now + kLeastUse;
  if (end) {
    renew_at_ = std::max({renew_at_, *end - ahead_, now + (*end - now) / 2});
  } else {
    renew_at_ = now + kAssumedLife;
  }
}

void Lease::Fail(Error why) {
  on_its_way_ = false;
  failed_ = true;
  why_ = std::move(why);
}

void Lease::Abandon() { on_its_way_ = false; }

void Lease::GiveUp() {
  held_ = false;
  end_.reset();
}

std::optional<WallTime> Lease::End() const { return end_; }

}  // namespace exporter
