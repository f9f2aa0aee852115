#include "collect/admission.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace exporter {
namespace {

using namespace std::chrono_literals;
using Verdict = Breaker::Verdict;

constexpr char kProxyObject[] = "proxy";
constexpr Throttle::Settings kOutageSettings{
    .first_pause = 100ms, .longest_pause = 2s, .learns_pace = false};
// From then on an outage is not waited for.
constexpr SteadyDuration kLongOutage = 10s;
constexpr std::chrono::milliseconds kPauseInLongOutage{150};
constexpr SteadyDuration kLongestRenewalPause = 1min;
// What was had a moment ago is not refused for its age.
constexpr SteadyDuration kNew = 1min;

// What `kind` of failure a person has to mend.
bool IsRefusal(ErrorKind kind) {
  return kind == ErrorKind::kUnauthorized || kind == ErrorKind::kForbidden ||
         kind == ErrorKind::kNotFound || kind == ErrorKind::kApiUnavailable ||
         kind == ErrorKind::kClientError;
}

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

// "40 s", "15 min", "24 h", for a person: rounded up.
std::string Wait(SteadyDuration wait) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait);
  if (seconds < 2min) {
    return std::to_string(std::max<long long>(1, seconds.count())) + " s";
  }
  if (seconds < 2h) {
    return std::to_string(
               std::chrono::ceil<std::chrono::minutes>(seconds).count()) +
           " min";
  }
  return std::to_string(
             std::chrono::ceil<std::chrono::hours>(seconds).count()) +
         " h";
}

std::string Tries(std::size_t tries) {
  return std::to_string(tries) + (tries == 1 ? " try" : " tries");
}

bool MayNeedLogin(const Transport* transport) {
  return transport != nullptr &&
         (transport->proxy_from_environment ||
          transport->proxy_url.Reveal().find('@') != std::string::npos);
}

template <typename T, typename Make>
std::shared_ptr<T> Find(std::map<std::string, std::weak_ptr<T>>& by_name,
                        const std::string& name, const Make& make) {
  std::erase_if(by_name, [](const auto& one) { return one.second.expired(); });
  std::weak_ptr<T>& known = by_name[name];
  std::shared_ptr<T> found = known.lock();
  if (!found) {
    found = make();
    known = found;
  }
  return found;
}

}  // namespace

std::shared_ptr<Breaker> SharedLimits::BreakerOf(const std::string& name,
                                                 bool lockable) {
  return Find(breakers_, name,
              [&] { return std::make_shared<Breaker>(lockable); });
}

std::shared_ptr<LoginGate> SharedLimits::LoginsOf(const std::string& account) {
  return Find(logins_, account, [] { return std::make_shared<LoginGate>(); });
}

std::shared_ptr<Limit> SharedLimits::LimitOf(const std::string& name) {
  return Find(limits_, name, [] { return std::make_shared<Limit>(); });
}

void SharedLimits::Reloaded() {
  for (const auto& [account, known] : logins_) {
    if (const auto logins = known.lock()) logins->Reloaded();
  }
}

Admission::Admission(std::shared_ptr<const ProjectSettings> settings,
                     SharedLimits& shared, SteadyTime now)
    : outage_(kOutageSettings) {
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
    // Others may go on with the account that is left.
    if (renewal_.on_its_way && logins_) {
      logins_->End(renewal_.pass, settings_->project_id, Verdict::kNone,
                   nullptr, false, now);
      iam_limit_->throttle.Ended(renewal_.throttle);
    }
    renewal_ = {};
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
  logins_ = UsesPassword() ? shared.LoginsOf(account) : nullptr;
  if (logins_) logins_->SetMaxTries(settings_->max_password_tries);
  iam_limit_ = UsesPassword() ? shared.LimitOf("IAM " + account) : nullptr;
  user_limit_ = shared.LimitOf(account + "\n" + settings_->endpoint);
  proxy_ = nullptr;
  if (MayNeedLogin(settings_->transport.get())) {
    proxy_ = shared.BreakerOf(
        "proxy " + settings_->transport->proxy_url.Reveal(), true);
  }
}

bool Admission::UsesPassword() const {
  return credentials().MayBeLocked() == Credentials::Lockable::kPassword;
}

void Admission::NoticeNewCredentials(SteadyTime now) {
  const std::uint64_t secret_version = credentials().SecretVersion();
  if (secret_version != secret_version_) {
    secret_version_ = secret_version;
    if (logins_) logins_->NewSecret();
    renewal_ = {};
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
  if (proxy_) {
    Decision decision = AskBreaker(
        *proxy_, now, [this] { return proxy_->IsUntried(kProxyObject); });
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
    Error error = While(
        "not asked: after " + Tries(breaker.Tries(now.steady)) +
            " in vain, the next is made in " + Wait(until - now.steady),
        breaker.Refusal()
            ? *breaker.Refusal()
            : Error{ErrorKind::kUnauthorized, "the credentials are refused"});
    // Alone, the cloud's words would pass for the answer to this query.
    error.cloud_text.clear();
    return Decision{.kind = Kind::kRefused,
                    .until = until,
                    .why = std::make_shared<const Error>(std::move(error))};
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
    return {.kind = Kind::kOutage, .until = line, .why = line_broke_};
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
  return {.credentials = breaker_->Enter(now),
          .proxy = proxy_ ? proxy_->Enter(now) : Breaker::Pass{},
          .user = user_limit_->throttle.Enter(now),
          .own = own_limit_.throttle.Enter(now),
          .outage = outage_.Enter(now),
          .generation = credentials().Generation(),
          .was_good = object.was_good,
          .was_answered = object.was_answered,
          .broke_in = object.broke_in,
          .object = std::move(object.name)};
}

void Admission::LeaveProxy(const Breaker::Pass& pass, const Signal& signal,
                           SteadyTime now) {
  if (!proxy_) return;
  const Error* error = signal.error;
  Breaker::End end{.object = kProxyObject, .is_only_one = true};
  if (error == nullptr || error->http_status > 0) {
    end.verdict = Verdict::kAccepted;
  } else if (error->cause == Cause::kProxyLogin) {
    end.verdict = Verdict::kRefused;
    end.error = std::make_shared<const Error>(*error);
  }
  proxy_->Leave(pass, end, now);
}

Admission::Next Admission::Ended(const Pass& pass, const Signal& signal,
                                 const HttpRequest* proved,
                                 const std::function<bool()>& is_only_one,
                                 Instant now, Rng& rng) {
  const Error* error = signal.error;
  LeaveProxy(pass.proxy, signal, now.steady);
  const bool is_reply = error == nullptr || error->http_status > 0;
  if (is_reply) {
    outage_.Accepted(pass.outage);
    line_broke_.reset();
    is_out_ = false;
  }
  if (error != nullptr && error->kind == ErrorKind::kThrottled) {
    breaker_->Leave(pass.credentials,
                    {.error = std::make_shared<const Error>(*error)},
                    now.steady);
    Throttled(pass, signal, now.steady, rng);
    return Next::kKeepsItsPlace;
  }
  if (is_reply) {
    user_limit_->throttle.Accepted(pass.user);
    own_limit_.throttle.Accepted(pass.own);
  } else {
    user_limit_->throttle.Ended(pass.user);
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
  breaker_->Leave(pass.credentials, end, now.steady);
  if (error == nullptr) return Next::kDone;
  if (error->kind == ErrorKind::kConnect &&
      error->cause != Cause::kProxyLogin) {
    return JudgeBrokenLine(pass, *error, now.steady, rng);
  }
  if (!is_reply) outage_.Ended(pass.outage);
  return error->kind == ErrorKind::kServerError ? Next::kMayRetry : Next::kDone;
}

void Admission::Throttled(const Pass& pass, const Signal& signal,
                          SteadyTime now, Rng& rng) {
  Limit& limit = signal.is_limit_of_user ? *user_limit_ : own_limit_;
  Limit& other = signal.is_limit_of_user ? own_limit_ : *user_limit_;
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
  if (pass.generation != credentials().Generation() || !is_ready()) {
    breaker_->Leave(pass.credentials, {}, now.steady);
    return is_ready() ? Next::kRepeats : Next::kKeepsItsPlace;
  }
  const bool was_unproven = breaker_->IsLockable() && !breaker_->WasAccepted();
  const bool was_doubted = breaker_->IsDoubted();
  const bool is_alone = pass.was_good && !was_doubted && is_only_one();
  const bool is_another = pass.was_good && breaker_->IsFresh(pass.object);
  breaker_->Leave(pass.credentials,
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

Admission::Next Admission::JudgeBrokenLine(const Pass& pass, const Error& error,
                                           SteadyTime now, Rng& rng) {
  const bool may_be_alone = !line_broke_ || broke_for_ == pass.object;
  if (!is_out_ && may_be_alone) {
    if (!line_broke_) {
      line_broke_ = std::make_shared<const Error>(error);
      broke_for_ = pass.object;
      line_broke_at_ = now;
    }
    outage_.Ended(pass.outage);
    return Next::kMayRetry;
  }
  if (!is_out_) {
    is_out_ = true;
    ++outages_;
  }
  Throttle::Refusal refusal;
  if (IsLongOutage(now)) refusal.retry_after = kPauseInLongOutage;
  outage_.Refused(pass.outage, refusal, now, rng);
  // It broke in an earlier outage as well: then it is the one that breaks.
  return pass.broke_in == 0 || pass.broke_in == outages_ ? Next::kBroke
                                                         : Next::kMayRetry;
}

bool Admission::IsLongOutage(SteadyTime now) const {
  return is_out_ && now - line_broke_at_ >= kLongOutage;
}

void Admission::Abandoned(const Pass& pass, std::shared_ptr<const Error> error,
                          SteadyTime now) {
  breaker_->Leave(pass.credentials, {.error = std::move(error)}, now);
  if (proxy_) proxy_->Leave(pass.proxy, {.object = kProxyObject}, now);
  user_limit_->throttle.Ended(pass.user);
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
  SteadyTime at = std::max(renewal_.not_before,
                           logins_->NextAt(settings_->project_id, now));
  at = std::max(at, iam_limit_->throttle.NextAt(now));
  if (proxy_ && proxy_->Ask(now) != Breaker::Answer::kGo) {
    if (proxy_->Ask(now) != Breaker::Answer::kProbe) {
      at = std::max(at, proxy_->WakeAt(now));
    } else if (!proxy_->IsUntried(kProxyObject)) {
      at = std::max(at, proxy_->AgainAt());
    }
  }
  return at;
}

Admission::Decision Admission::WaitForCredentials(Instant now) const {
  if (!UsesPassword() || renewal_.on_its_way) {
    return {.kind = Kind::kCredentials};
  }
  const SteadyTime at = RenewalAt(now.steady);
  if (at <= now.steady) return {.kind = Kind::kCredentials};
  if (at == SteadyTime::max()) return {.kind = Kind::kCredentials};
  const unsigned tries = logins_->TriesFor(settings_->project_id);
  Error why = credentials().Prove(HttpRequest{}, now.wall).error();
  if (const auto& refusal = logins_->RefusalFor(settings_->project_id)) {
    why = *refusal;
    why.kind = ErrorKind::kCredentials;
  }
  if (tries > 0) {
    why.message += "; after " + Tries(tries) + " the next is made in " +
                   Wait(at - now.steady) +
                   ", and at once with another password or on a reload";
  }
  return {.kind = Kind::kCredentials,
          .until = at,
          .why = std::make_shared<const Error>(std::move(why))};
}

std::optional<Credentials::RenewalRequest> Admission::Renew(Instant now) {
  if (!UsesPassword()) return credentials().Renewal(now.wall);
  if (renewal_.on_its_way || RenewalAt(now.steady) > now.steady) {
    return std::nullopt;
  }
  auto request = credentials().Renewal(now.wall);
  if (!request) return std::nullopt;
  renewal_.on_its_way = true;
  renewal_.pass = logins_->Begin(now.steady);
  renewal_.throttle = iam_limit_->throttle.Enter(now.steady);
  if (proxy_) renewal_.proxy = proxy_->Enter(now.steady);
  return request;
}

void Admission::RenewalEnded(const Signal& signal, Instant now, Rng& rng) {
  if (!UsesPassword() || !renewal_.on_its_way) return;
  const Error* error = signal.error;
  renewal_.on_its_way = false;
  LeaveProxy(renewal_.proxy, signal, now.steady);
  Verdict verdict = Verdict::kNone;
  std::shared_ptr<const Error> refusal;
  if (error == nullptr) {
    verdict = Verdict::kAccepted;
    renewal_.failures = 0;
    renewal_.not_before = now.steady + 1s;
  } else if (error->http_status == 401 || error->http_status == 403) {
    verdict = Verdict::kRefused;
    refusal = std::make_shared<const Error>(*error);
  } else if (error->http_status != 429) {
    SteadyDuration pause = kLongestRenewalPause;
    if (!IsRefusal(error->kind)) {
      pause = std::min<SteadyDuration>(
          pause, 1s * (1U << std::min(renewal_.failures, 6U)));
    }
    ++renewal_.failures;
    renewal_.not_before = now.steady + pause;
  }
  logins_->End(
      renewal_.pass, settings_->project_id, verdict, std::move(refusal),
      error != nullptr && error->kind == ErrorKind::kTimeout, now.steady);
  if (error == nullptr) {
    iam_limit_->throttle.Accepted(renewal_.throttle);
  } else if (error->http_status == 429) {
    iam_limit_->throttle.Refused(
        renewal_.throttle, {signal.retry_after, signal.quota}, now.steady, rng);
  } else {
    iam_limit_->throttle.Ended(renewal_.throttle);
  }
}

}  // namespace exporter
