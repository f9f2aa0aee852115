#include "collect/cloud_pace.h"

#include <algorithm>

namespace exporter {

void CloudPace::Apply(const ProjectSettings& settings, SharedLimits& shared) {
  if (settings.rate_limit != rate_limit_) {
    rate_limit_ = settings.rate_limit;
    bucket_.reset();
    if (rate_limit_) bucket_.emplace(*rate_limit_);
  }
  user_limit_ = shared.LimitOf(settings.account + "\n" + settings.endpoint);
}

Decision CloudPace::Ask(SteadyTime now) const {
  const SteadyTime line = outage_.NextAt(now);
  if (line > now) {
    return {
        .kind = Decision::Kind::kOutage, .until = line, .why = outage_.Why()};
  }
  const SteadyTime own = own_limit_.throttle.NextAt(now);
  if (own > now) {
    return {.kind = Decision::Kind::kPause,
            .until = own,
            .why = own_limit_.why,
            .whose_limit = "project"};
  }
  const SteadyTime of_user = user_limit_->throttle.NextAt(now);
  if (of_user > now) {
    return {.kind = Decision::Kind::kPause,
            .until = of_user,
            .why = user_limit_->why,
            .whose_limit = "user"};
  }
  if (bucket_) {
    const SteadyTime turn = bucket_->TurnAfter(0, now);
    if (turn > now) return {.kind = Decision::Kind::kRate, .until = turn};
  }
  return {};
}

CloudPace::Pass CloudPace::Enter(SteadyTime now) {
  if (bucket_) bucket_->Take(now);
  return {.user_limit = user_limit_,
          .user = user_limit_->throttle.Enter(now),
          .own = own_limit_.throttle.Enter(now),
          .outage = outage_.Enter(now)};
}

CloudPace::End CloudPace::Ended(const Pass& pass, const Signal& signal,
                                const std::string& object, unsigned broke_in,
                                SteadyTime now, Rng& rng) {
  const Error* error = signal.error;
  const bool is_reply = error == nullptr || error->http_status > 0;
  if (is_reply) outage_.Replied(pass.outage);
  if (error != nullptr && error->kind == ErrorKind::kThrottled) {
    Throttled(pass, signal, now, rng);
    return End::kThrottled;
  }
  if (is_reply) {
    pass.user_limit->throttle.Accepted(pass.user);
    own_limit_.throttle.Accepted(pass.own);
    return End::kOther;
  }
  pass.user_limit->throttle.Ended(pass.user);
  own_limit_.throttle.Ended(pass.own);
  if (error->kind == ErrorKind::kConnect &&
      error->cause != Cause::kProxyLogin) {
    return outage_.Broke(pass.outage, object, broke_in, *error, now, rng)
               ? End::kOutage
               : End::kBroke;
  }
  outage_.Ended(pass.outage);
  return End::kOther;
}

void CloudPace::Throttled(const Pass& pass, const Signal& signal,
                          SteadyTime now, Rng& rng) {
  Limit& limit = signal.is_limit_of_user ? *pass.user_limit : own_limit_;
  Limit& other = signal.is_limit_of_user ? own_limit_ : *pass.user_limit;
  other.throttle.Ended(signal.is_limit_of_user ? pass.own : pass.user);
  if (limit.throttle.Refused(signal.is_limit_of_user ? pass.user : pass.own,
                             {signal.retry_after, signal.quota}, now, rng)) {
    limit.why = std::make_shared<const Error>(*signal.error);
  }
}

void CloudPace::Abandoned(const Pass& pass) {
  pass.user_limit->throttle.Ended(pass.user);
  own_limit_.throttle.Ended(pass.own);
  outage_.Ended(pass.outage);
}

SteadyTime CloudPace::TurnAfter(std::size_t others, SteadyTime now) const {
  const SteadyTime turn =
      std::max({outage_.TurnAfter(others, now),
                own_limit_.throttle.TurnAfter(others, now),
                user_limit_->throttle.TurnAfter(others, now)});
  return bucket_ ? std::max(turn, bucket_->TurnAfter(others, now)) : turn;
}

bool CloudPace::IsPaused(SteadyTime now) const {
  return outage_.IsPaused(now) || own_limit_.throttle.IsPaused(now) ||
         user_limit_->throttle.IsPaused(now);
}

}  // namespace exporter
