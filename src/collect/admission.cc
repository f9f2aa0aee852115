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

Decision AskBreaker(const Breaker& breaker, Instant now,
                    const std::function<bool()>& has_untried) {
  const auto refused = [&](SteadyTime until) {
    return Decision{.kind = Decision::Kind::kRefused,
                    .until = until,
                    .why = std::make_shared<const Error>(
                        HeldBack(breaker, until, now.steady))};
  };
  switch (breaker.Ask(now.steady)) {
    case Breaker::Answer::kGo:
      return {};
    case Breaker::Answer::kWait:
      return {.kind = Decision::Kind::kProof,
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
  return {.kind = Decision::Kind::kProbe};
}

}  // namespace

Admission::Admission(std::shared_ptr<const ProjectSettings> settings,
                     SharedLimits& shared) {
  settings_ = settings;
  Apply(std::move(settings), shared);
  generation_ = credentials().Generation();
  secret_version_ = credentials().SecretVersion();
}

void Admission::Apply(std::shared_ptr<const ProjectSettings> settings,
                      SharedLimits& shared) {
  if (settings->credentials != settings_->credentials) {
    generation_ = settings->credentials->Generation();
    secret_version_ = settings->credentials->SecretVersion();
    renewals_.NewCredentials();
    give_up_not_before_ = {};
    given_up_in_a_row_ = 0;
  }
  settings_ = std::move(settings);
  const std::string& account = settings_->account;
  const Credentials::Lockable lockable = credentials().MayBeLocked();
  breaker_ = shared.BreakerOf(lockable == Credentials::Lockable::kPassword
                                  ? account + "\n" + settings_->project_id
                                  : account,
                              lockable == Credentials::Lockable::kKey);
  renewals_.Apply(*settings_, shared);
  pace_.Apply(*settings_, shared);
  proxy_.Apply(settings_->transport.get(), shared);
}

void Admission::NoticeNewCredentials(SteadyTime now) {
  const std::uint64_t secret_version = credentials().SecretVersion();
  if (secret_version != secret_version_) {
    secret_version_ = secret_version;
    renewals_.NewSecret();
  }
  const std::uint64_t generation = credentials().Generation();
  if (generation == generation_) return;
  generation_ = generation;
  generation_since_ = now;
  breaker_->NewCredentials();
}

Decision Admission::Decide(Instant now,
                           const std::function<bool()>& has_untried) const {
  switch (credentials().State(now.wall)) {
    case Credentials::Readiness::kNone:
      return {.kind = Decision::Kind::kRefused,
              .why = std::make_shared<const Error>(
                  credentials().Prove(HttpRequest{}, now.wall).error())};
    case Credentials::Readiness::kPending:
      return renewals_.Wait(now);
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
  const Decision pace = pace_.Ask(now.steady);
  return pace.MayGo() ? proof : pace;
}

Admission::Pass Admission::Enter(Object object, SteadyTime now) {
  return {.proved_by = settings_->credentials,
          .breaker = breaker_,
          .credentials = breaker_->Enter(now),
          .proxy = proxy_.Enter(now),
          .pace = pace_.Enter(now),
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
  const CloudPace::End end = pace_.Ended(pass.pace, signal, pass.object,
                                         pass.broke_in, now.steady, rng);
  if (end != CloudPace::End::kThrottled && error != nullptr &&
      error->http_status == 401) {
    return JudgeRefusal(pass, *error, proved, is_only_one, now);
  }
  Breaker::End of_breaker{.object = pass.object};
  if (end != CloudPace::End::kThrottled) of_breaker.verdict = VerdictOf(error);
  if (of_breaker.verdict == Verdict::kAccepted) {
    given_up_in_a_row_ = 0;
  } else {
    of_breaker.error = std::make_shared<const Error>(*error);
  }
  pass.breaker->Leave(pass.credentials, of_breaker, now.steady);
  switch (end) {
    case CloudPace::End::kThrottled:
      return Next::kKeepsItsPlace;
    case CloudPace::End::kOutage:
      return Next::kBroke;
    case CloudPace::End::kBroke:
      return Next::kMayRetry;
    case CloudPace::End::kOther:
      break;
  }
  return error != nullptr && error->kind == ErrorKind::kServerError
             ? Next::kMayRetry
             : Next::kDone;
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
  if (!renewals_.MayGiveUp(now.steady)) return;
  credentials().Refused(*proved);
  if (credentials().State(now.wall) == Credentials::Readiness::kReady) return;
  renewals_.GaveUp(now.steady);
  give_up_not_before_ =
      now.steady + 1min * (1U << std::min(given_up_in_a_row_, 5U));
  ++given_up_in_a_row_;
}

void Admission::Abandoned(const Pass& pass, std::shared_ptr<const Error> error,
                          SteadyTime now) {
  pass.breaker->Leave(pass.credentials, {.error = error}, now);
  ProxyLogin::Abandoned(pass.proxy, std::move(error), now);
  pace_.Abandoned(pass.pace);
}

}  // namespace exporter
