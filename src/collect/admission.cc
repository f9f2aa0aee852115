#include "collect/admission.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "collect/held_back.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using Verdict = Breaker::Verdict;

// What was had a moment ago is not refused for its age.
constexpr SteadyDuration kNew = 1min;

// Of an answer other than 401.
Verdict VerdictOf(const Error* error) {
  if (error == nullptr) return Verdict::kAccepted;
  // These come from gateways and proxies that may not have looked at who asks.
  const bool says_nothing =
      error->http_status < 400 || error->http_status == 429 ||
      error->http_status >= 500 || error->kind == ErrorKind::kApiUnavailable;
  const bool is_answer = error->http_status >= 200 && error->http_status < 300;
  return says_nothing && !is_answer ? Verdict::kNone : Verdict::kAccepted;
}

}  // namespace

Admission::Admission(std::shared_ptr<const ProjectSettings> settings,
                     SharedLimits& shared, SteadyTime now) {
  if (settings->rate_limit) bucket_.emplace(*settings->rate_limit, now);
  settings_ = settings;
  Apply(std::move(settings), shared, now);
  generation_ = credentials().Generation();
  secret_version_ = credentials().SecretVersion();
}

void Admission::Apply(std::shared_ptr<const ProjectSettings> settings,
                      SharedLimits& shared, SteadyTime now) {
  if (settings->rate_limit != settings_->rate_limit) {
    bucket_.reset();
    if (settings->rate_limit) bucket_.emplace(*settings->rate_limit, now);
  }
  if (settings->credentials != settings_->credentials) {
    generation_ = settings->credentials->Generation();
    secret_version_ = settings->credentials->SecretVersion();
    login_.NewCredentials();
    give_up_not_before_ = {};
    given_up_in_a_row_ = 0;
  }
  settings_ = std::move(settings);
  const std::string& account = settings_->account;
  const bool is_key =
      credentials().MayBeLocked() == Credentials::Lockable::kKey;
  breaker_ = shared.BreakerOf(
      UsesPassword() ? account + "\n" + settings_->project_id : account,
      is_key);
  if (UsesPassword()) login_.Apply(*settings_, shared);
  user_limit_ = shared.LimitOf(account + "\n" + settings_->endpoint);
  proxy_.Apply(settings_->transport.get(), shared);
}

bool Admission::UsesPassword() const {
  return credentials().MayBeLocked() == Credentials::Lockable::kPassword;
}

void Admission::NoticeNewCredentials(SteadyTime now) {
  const std::uint64_t secret_version = credentials().SecretVersion();
  if (secret_version != secret_version_) {
    secret_version_ = secret_version;
    if (UsesPassword()) login_.NewSecret();
  }
  const std::uint64_t generation = credentials().Generation();
  if (generation == generation_) return;
  generation_ = generation;
  generation_since_ = now;
  breaker_->NewCredentials();
}

Admission::Decision Admission::Decide(
    Instant now, const std::function<bool()>& has_untried) const {
  switch (credentials().State(now.wall)) {
    case Credentials::Readiness::kNone:
      return {.kind = Kind::kRefused,
              .why = std::make_shared<const Error>(
                  credentials().Prove(HttpRequest{}, now.wall).error())};
    case Credentials::Readiness::kPending:
      return WaitForCredentials(now);
    case Credentials::Readiness::kReady:
      break;
  }
  if (const Breaker* proxy = proxy_.breaker()) {
    Decision decision =
        AskBreaker(*proxy, now, [this] { return proxy_.IsUntried(); });
    if (!decision.MayGo()) return decision;
  }
  Decision proof = AskBreaker(*breaker_, now, has_untried);
  if (!proof.MayGo()) return proof;
  const Decision pace = AskThrottles(now.steady);
  return pace.MayGo() ? proof : pace;
}

Admission::Decision Admission::AskBreaker(
    const Breaker& breaker, Instant now,
    const std::function<bool()>& has_untried) const {
  const auto refused = [&](SteadyTime until) {
    return Decision{.kind = Kind::kRefused,
                    .until = until,
                    .why = std::make_shared<const Error>(
                        HeldBack(breaker, until, now.steady))};
  };
  switch (breaker.Ask(now.steady)) {
    case Breaker::Answer::kGo:
      return {};
    case Breaker::Answer::kWait:
      return {.kind = Kind::kProof,
              .until = breaker.WakeAt(now.steady),
              .why = breaker.NoVerdict()};
    case Breaker::Answer::kRefused:
      return refused(breaker.WakeAt(now.steady));
    case Breaker::Answer::kProbe:
      break;
  }
  if (breaker.AgainAt() > now.steady && breaker.IsUnproven() &&
      !has_untried()) {
    return refused(breaker.AgainAt());
  }
  return {.kind = Kind::kProbe};
}

Admission::Decision Admission::AskThrottles(SteadyTime now) const {
  const SteadyTime line = outage_.NextAt(now);
  if (line > now) {
    return {.kind = Kind::kOutage, .until = line, .why = outage_.Why()};
  }
  const SteadyTime own = own_limit_.throttle.NextAt(now);
  if (own > now) {
    return {.kind = Kind::kPause,
            .until = own,
            .why = own_limit_.why,
            .whose_limit = "project"};
  }
  const SteadyTime of_user = user_limit_->throttle.NextAt(now);
  if (of_user > now) {
    return {.kind = Kind::kPause,
            .until = of_user,
            .why = user_limit_->why,
            .whose_limit = "user"};
  }
  if (bucket_) {
    const SteadyTime turn = bucket_->TurnAfter(0, now);
    if (turn > now) return {.kind = Kind::kRate, .until = turn};
  }
  return {};
}

Admission::Pass Admission::Enter(Object object, SteadyTime now) {
  if (bucket_) bucket_->Take(now);
  return {.proved_by = settings_->credentials,
          .breaker = breaker_,
          .credentials = breaker_->Enter(now),
          .proxy = proxy_.Enter(now),
          .user_limit = user_limit_,
          .user = user_limit_->throttle.Enter(now),
          .own = own_limit_.throttle.Enter(now),
          .outage = outage_.Enter(now),
          .generation = credentials().Generation(),
          .was_good = object.was_good,
          .was_answered = object.was_answered,
          .broke_in = object.broke_in,
          .object = std::move(object.name)};
}

Admission::Next Admission::Ended(const Pass& pass, const Signal& signal,
                                 const HttpRequest* proved,
                                 const std::function<bool()>& is_only_one,
                                 Instant now, Rng& rng) {
  const Error* error = signal.error;
  ProxyLogin::Ended(pass.proxy, error, now.steady);
  const bool is_reply = error == nullptr || error->http_status > 0;
  if (is_reply) outage_.Replied(pass.outage);
  if (error != nullptr && error->kind == ErrorKind::kThrottled) {
    pass.breaker->Leave(pass.credentials,
                        {.error = std::make_shared<const Error>(*error)},
                        now.steady);
    Throttled(pass, signal, now.steady, rng);
    return Next::kKeepsItsPlace;
  }
  if (is_reply) {
    pass.user_limit->throttle.Accepted(pass.user);
    own_limit_.throttle.Accepted(pass.own);
  } else {
    pass.user_limit->throttle.Ended(pass.user);
    own_limit_.throttle.Ended(pass.own);
  }
  if (error != nullptr && error->http_status == 401) {
    return JudgeRefusal(pass, *error, proved, is_only_one, now);
  }
  Breaker::End end{.verdict = VerdictOf(error), .object = pass.object};
  if (end.verdict == Verdict::kAccepted) {
    given_up_in_a_row_ = 0;
  } else {
    end.error = std::make_shared<const Error>(*error);
  }
  pass.breaker->Leave(pass.credentials, end, now.steady);
  if (error == nullptr) return Next::kDone;
  if (error->kind == ErrorKind::kConnect &&
      error->cause != Cause::kProxyLogin) {
    return outage_.Broke(pass.outage, pass.object, pass.broke_in, *error,
                         now.steady, rng)
               ? Next::kBroke
               : Next::kMayRetry;
  }
  if (!is_reply) outage_.Ended(pass.outage);
  return error->kind == ErrorKind::kServerError ? Next::kMayRetry : Next::kDone;
}

void Admission::Throttled(const Pass& pass, const Signal& signal,
                          SteadyTime now, Rng& rng) {
  Limit& limit = signal.is_limit_of_user ? *pass.user_limit : own_limit_;
  Limit& other = signal.is_limit_of_user ? own_limit_ : *pass.user_limit;
  other.throttle.Ended(signal.is_limit_of_user ? pass.own : pass.user);
  if (limit.throttle.Refused(signal.is_limit_of_user ? pass.user : pass.own,
                             {signal.retry_after, signal.quota}, now, rng)) {
    limit.why = std::make_shared<const Error>(*signal.error);
  }
}

Admission::Next Admission::JudgeRefusal(
    const Pass& pass, const Error& error, const HttpRequest* proved,
    const std::function<bool()>& is_only_one, Instant now) {
  const auto is_ready = [&] {
    return credentials().State(now.wall) == Credentials::Readiness::kReady;
  };
  if (pass.proved_by != settings_->credentials) {
    // It is true of those, which others may still use.
    pass.breaker->Leave(pass.credentials,
                        {.verdict = Verdict::kRefused,
                         .error = std::make_shared<const Error>(error),
                         .object = pass.object,
                         .was_good = pass.was_good},
                        now.steady);
    return is_ready() ? Next::kRepeats : Next::kKeepsItsPlace;
  }
  if (pass.generation != credentials().Generation() || !is_ready()) {
    pass.breaker->Leave(pass.credentials, {}, now.steady);
    return is_ready() ? Next::kRepeats : Next::kKeepsItsPlace;
  }
  const bool was_unproven = breaker_->IsLockable() && !breaker_->WasAccepted();
  const bool was_doubted = breaker_->IsDoubted();
  const bool is_alone = pass.was_good && !was_doubted && is_only_one();
  const bool is_another = pass.was_good && breaker_->IsFresh(pass.object);
  pass.breaker->Leave(pass.credentials,
                      {.verdict = Verdict::kRefused,
                       .error = std::make_shared<const Error>(error),
                       .object = pass.object,
                       .was_good = pass.was_good,
                       .is_only_one = is_alone},
                      now.steady);
  // A third one that was answered before has to confirm the doubt, if any is.
  const bool is_third =
      is_another && (pass.was_answered || !breaker_->WasAccepted());
  const bool is_confirmed = was_doubted ? is_third : is_alone;
  if (breaker_->IsDoubted() &&
      (is_confirmed ||
       breaker_->Ask(now.steady) == Breaker::Answer::kRefused)) {
    GiveUp(proved, now);
  }
  if (!is_ready()) return Next::kKeepsItsPlace;
  return was_unproven || !pass.was_good ? Next::kDone : Next::kRepeats;
}

// What can be had anew is given up once it is doubted; but what has just taken
// the place of something refused would fare no better.
void Admission::GiveUp(const HttpRequest* proved, Instant now) {
  const bool is_new =
      !breaker_->WasAccepted() && now.steady - generation_since_ < kNew;
  if (proved == nullptr || is_new || now.steady < give_up_not_before_) return;
  credentials().Refused(*proved, now.wall);
  if (credentials().State(now.wall) == Credentials::Readiness::kReady) return;
  give_up_not_before_ =
      now.steady + 1min * (1U << std::min(given_up_in_a_row_, 5U));
  ++given_up_in_a_row_;
}

void Admission::Abandoned(const Pass& pass, std::shared_ptr<const Error> error,
                          SteadyTime now) {
  pass.breaker->Leave(pass.credentials, {.error = std::move(error)}, now);
  ProxyLogin::Abandoned(pass.proxy, now);
  pass.user_limit->throttle.Ended(pass.user);
  own_limit_.throttle.Ended(pass.own);
  outage_.Ended(pass.outage);
}

SteadyTime Admission::TurnAfter(std::size_t others, SteadyTime now) const {
  SteadyTime turn = std::max({outage_.TurnAfter(others, now),
                              own_limit_.throttle.TurnAfter(others, now),
                              user_limit_->throttle.TurnAfter(others, now)});
  return bucket_ ? std::max(turn, bucket_->TurnAfter(others, now)) : turn;
}

bool Admission::IsPaused(SteadyTime now) const {
  return outage_.IsPaused(now) || own_limit_.throttle.IsPaused(now) ||
         user_limit_->throttle.IsPaused(now);
}

SteadyTime Admission::RenewalAt(SteadyTime now) const {
  return std::max(login_.NextAt(now), proxy_.NextAt(now));
}

Admission::Decision Admission::WaitForCredentials(Instant now) const {
  if (!UsesPassword() || login_.IsOnItsWay()) {
    return {.kind = Kind::kCredentials};
  }
  const SteadyTime at = RenewalAt(now.steady);
  if (at <= now.steady) return {.kind = Kind::kCredentials};
  if (at == SteadyTime::max()) return {.kind = Kind::kCredentials};
  const unsigned tries = login_.Tries();
  Error why = credentials().Prove(HttpRequest{}, now.wall).error();
  if (const auto refusal = login_.Refusal()) {
    why = *refusal;
    why.kind = ErrorKind::kCredentials;
  }
  if (tries > 0) AddNextTry(why, tries, at - now.steady);
  return {.kind = Kind::kCredentials,
          .until = at,
          .why = std::make_shared<const Error>(std::move(why))};
}

std::optional<Admission::Renewal> Admission::Renew(Instant now) {
  if (UsesPassword() &&
      (login_.IsOnItsWay() || RenewalAt(now.steady) > now.steady)) {
    return std::nullopt;
  }
  auto request = credentials().Renewal(now.wall);
  if (!request) return std::nullopt;
  Renewal renewal{.request = *std::move(request), .pass = {}};
  if (UsesPassword()) {
    renewal.pass = {.login = login_.Begin(now.steady),
                    .proxy = proxy_.Enter(now.steady)};
  }
  return renewal;
}

void Admission::RenewalEnded(const RenewalPass& pass, const Signal& signal,
                             Instant now, Rng& rng) {
  if (!pass.login) return;
  ProxyLogin::Ended(pass.proxy, signal.error, now.steady);
  login_.Ended(*pass.login, signal.error, {signal.retry_after, signal.quota},
               now.steady, rng);
}

}  // namespace exporter
