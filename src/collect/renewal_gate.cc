#include "collect/renewal_gate.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "collect/held_back.h"

namespace exporter {

using namespace std::chrono_literals;

void RenewalGate::Apply(const ProjectSettings& settings, SharedLimits& shared) {
  credentials_ = settings.credentials;
  if (IsByPassword()) {
    login_.Apply(settings, shared);
    proxy_.Apply(settings.transport.get(), shared);
    service_.reset();
  } else {
    proxy_.Apply(nullptr, shared);
    service_ = shared.KeysOf(settings.account);
  }
}

bool RenewalGate::IsByPassword() const {
  return credentials_->MayBeLocked() == Credentials::Lockable::kPassword;
}

void RenewalGate::NewSecret() {
  if (IsByPassword()) login_.NewSecret();
}

SteadyTime RenewalGate::NextAt(SteadyTime now) const {
  return IsByPassword() ? std::max(login_.NextAt(now), proxy_.NextAt(now))
                        : service_->backoff.NextAt();
}

std::optional<RenewalGate::Renewal> RenewalGate::Renew(Instant now) {
  if (IsByPassword() && login_.IsOnItsWay()) return std::nullopt;
  if (NextAt(now.steady) > now.steady && !credentials_->HasNextStep(now.wall)) {
    return std::nullopt;
  }
  auto request = credentials_->Renewal(now.wall);
  if (!request) return std::nullopt;
  Renewal renewal{.request = *std::move(request),
                  .pass = {.credentials = credentials_,
                           .login = {},
                           .proxy = proxy_.Enter(now.steady),
                           .service = service_}};
  if (IsByPassword()) renewal.pass.login = login_.Begin(now.steady);
  return renewal;
}

void RenewalGate::Ended(const Pass& pass, const Signal& signal, Instant now,
                        Rng& rng) {
  if (pass.login) {
    ProxyLogin::Ended(pass.proxy, signal.error, now.steady);
    login_.Ended(*pass.login, signal.error, {signal.retry_after, signal.quota},
                 now.steady, rng);
    return;
  }
  Backoff& backoff = pass.service->backoff;
  const bool goes_on = pass.credentials->HasNextStep(now.wall);
  if (signal.error == nullptr) {
    if (!goes_on) backoff.Succeeded(now.steady);
  } else if (goes_on) {
    backoff.StepFailed(*signal.error, signal.retry_after, now.steady);
  } else {
    backoff.Failed(*signal.error, signal.retry_after, now.steady);
  }
}

Decision RenewalGate::Wait(Instant now) const {
  Decision decision{.kind = Decision::Kind::kCredentials};
  if (IsByPassword() && login_.IsOnItsWay()) return decision;
  const SteadyTime at = NextAt(now.steady);
  if (at <= now.steady || at == SteadyTime::max()) return decision;
  decision.until = at;
  if (!IsByPassword()) return decision;
  const unsigned tries = login_.Tries();
  Error why = credentials_->Prove(HttpRequest{}, now.wall).error();
  if (const auto refusal = login_.Refusal()) {
    why = *refusal;
    why.kind = ErrorKind::kCredentials;
  }
  if (tries > 0) AddNextTry(why, tries, at - now.steady);
  decision.why = std::make_shared<const Error>(std::move(why));
  return decision;
}

bool RenewalGate::MayGiveUp(SteadyTime now) const {
  return !service_ || now >= service_->give_up_not_before;
}

void RenewalGate::GaveUp(SteadyTime now) {
  if (!service_) return;
  service_->give_up_not_before = now + 1min;
  service_->backoff.NeededAgain(now);
}

}  // namespace exporter
