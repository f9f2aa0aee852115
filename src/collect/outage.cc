#include "collect/outage.h"

#include <chrono>

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr Throttle::Settings kSettings{
    .first_pause = 100ms, .longest_pause = 2s, .learns_pace = false};
// From then on it is not waited for.
constexpr SteadyDuration kLong = 10s;
constexpr std::chrono::milliseconds kPauseInLongOutage{150};

}  // namespace

Outage::Outage() : throttle_(kSettings) {}

void Outage::Replied(const Pass& pass) {
  throttle_.Accepted(pass);
  why_.reset();
  is_out_ = false;
}

bool Outage::Broke(const Pass& pass, const std::string& object,
                   unsigned broke_in, const Error& error, SteadyTime now,
                   Rng& rng) {
  const bool may_be_alone = !why_ || broke_for_ == object;
  if (!is_out_ && may_be_alone) {
    if (!why_) {
      why_ = std::make_shared<const Error>(error);
      broke_for_ = object;
      since_ = now;
    }
    throttle_.Ended(pass);
    return false;
  }
  if (!is_out_) {
    is_out_ = true;
    ++number_;
  }
  Throttle::Refusal refusal;
  if (IsLong(now)) refusal.retry_after = kPauseInLongOutage;
  throttle_.Refused(pass, refusal, now, rng);
  // It broke in an earlier outage as well: then it is the one that breaks.
  return broke_in == 0 || broke_in == number_;
}

bool Outage::IsLong(SteadyTime now) const {
  return is_out_ && now - since_ >= kLong;
}

}  // namespace exporter
