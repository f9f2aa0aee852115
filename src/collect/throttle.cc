#include "collect/throttle.h"

#include <algorithm>

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kMostDoublings = 6;
// One that hangs lets the next go.
constexpr std::chrono::seconds kPatienceWithReply{1};
constexpr std::size_t kWideEnough = 256;
constexpr std::chrono::seconds kBetweenRaises{30};
constexpr std::chrono::minutes kForgetsAfter{10};
constexpr std::chrono::minutes kLongestCount{10};
constexpr double kRaise = 1.1;
constexpr double kBelowMeasured = 0.95;
constexpr double kBurstShare = 20;  // A twentieth of the quota at once.

SteadyDuration PauseAfter(const Throttle::Settings& settings, unsigned before) {
  return std::min<SteadyDuration>(
      settings.longest_pause,
      settings.first_pause * (1U << std::min(before, kMostDoublings)));
}

}  // namespace

std::optional<RateLimit> QuotaOf(const GatewayLimit& limit) {
  if (limit.requests.value_or(0) == 0) return std::nullopt;
  return RateLimit{.requests = static_cast<double>(*limit.requests),
                   .per = limit.window};
}

SteadyTime Throttle::NextAt(SteadyTime now) const {
  SteadyTime next = until_;
  if (bucket_) next = std::max(next, bucket_->TurnAfter(0, now));
  if (window_ && on_the_way_ >= *window_) {
    next = std::max(next, last_entered_ + kPatienceWithReply);
  }
  return next;
}

SteadyTime Throttle::TurnAfter(std::size_t others, SteadyTime now) const {
  const SteadyTime open = std::max(now, until_);
  return bucket_ ? std::max(open, bucket_->TurnAfter(others, now)) : open;
}

Throttle::Pass Throttle::Enter(SteadyTime now) {
  ++on_the_way_;
  last_entered_ = now;
  if (bucket_) {
    RaisePace(now);
    if (bucket_) bucket_->Take(now);
  }
  return {.round = round_, .asked_at = now};
}

void Throttle::Ended(const Pass& pass) {
  if (pass.round == round_ && on_the_way_ > 0) --on_the_way_;
}

void Throttle::Accepted(const Pass& pass) {
  Ended(pass);
  ++accepted_;
  // What was on its way when the pause began says nothing of its end.
  if (pass.round != round_) return;
  in_a_row_ = 0;
  if (window_ && ++*window_ > kWideEnough) window_.reset();
}

bool Throttle::Refused(const Pass& pass, const Refusal& refusal, SteadyTime now,
                       Rng& rng) {
  Ended(pass);
  if (pass.round != round_) {
    if (refusal.retry_after) {
      until_ = std::max(until_, now + *refusal.retry_after);
    }
    return false;
  }
  if (settings_.learns_pace) LearnPace(refusal, now);
  until_ =
      std::max(until_, now + Jittered(PauseAfter(settings_, in_a_row_), rng));
  if (refusal.retry_after) until_ = now + *refusal.retry_after;
  ++in_a_row_;
  ++round_;
  on_the_way_ = 0;
  window_ = 1;
  refused_at_ = now;
  return true;
}

void Throttle::LearnPace(const Refusal& refusal, SteadyTime now) {
  std::optional<RateLimit> learned;
  if (refusal.quota) {
    const double burst = std::max(1.0, refusal.quota->requests / kBurstShare);
    most_requests_ =
        std::max(refusal.quota->requests - burst, refusal.quota->requests / 2);
    learned = RateLimit{
        .requests = most_requests_, .per = refusal.quota->per, .burst = burst};
  }
  if (counts_since_ && accepted_ > 0 && now - *counts_since_ < kLongestCount &&
      now > *counts_since_) {
    const std::chrono::duration<double> counted = now - *counts_since_;
    const auto per = learned ? learned->per : std::chrono::nanoseconds(10s);
    const double measured =
        kBelowMeasured * static_cast<double>(accepted_) * (per / counted);
    if (!learned) {
      learned = RateLimit{.requests = measured, .per = per, .burst = 1};
    } else if (pace_) {
      // Others use the same quota.
      learned->requests = std::min(learned->requests, measured);
    }
  }
  if (!counts_since_ || accepted_ > 0) {
    counts_since_ = now;
    accepted_ = 0;
  }
  if (!learned) return;
  learned->requests = std::max(learned->requests, 1e-3);
  pace_ = learned;
  bucket_.emplace(*learned);
  pace_set_at_ = now;
}

void Throttle::RaisePace(SteadyTime now) {
  if (now - refused_at_ >= kForgetsAfter) {
    pace_.reset();
    bucket_.reset();
    counts_since_.reset();
    most_requests_ = 0;
    return;
  }
  if (now - pace_set_at_ < kBetweenRaises) return;
  pace_set_at_ = now;
  pace_->requests *= kRaise;
  if (most_requests_ > 0) {
    pace_->requests = std::min(pace_->requests, most_requests_);
  }
  bucket_.emplace(*pace_);
}

}  // namespace exporter
