#include "collect/proxy_login.h"

#include <algorithm>
#include <string>
#include <utility>

namespace exporter {
namespace {

constexpr char kProxyObject[] = "proxy";

bool MayNeedLogin(const Transport* transport) {
  return transport != nullptr &&
         (transport->proxy_from_environment ||
          transport->proxy_url.Reveal().find('@') != std::string::npos);
}

}  // namespace

void ProxyLogin::Apply(const Transport* transport, SharedLimits& shared) {
  if (!MayNeedLogin(transport)) {
    breaker_ = nullptr;
    return;
  }
  // The old one goes last: it may be the same, and nobody else's.
  breaker_ = shared.BreakerOfProxy(transport->proxy_url);
}

bool ProxyLogin::IsUntried() const {
  return !breaker_ || breaker_->IsUntried(kProxyObject);
}

SteadyTime ProxyLogin::NextAt(SteadyTime now) const {
  if (!breaker_) return now;
  switch (breaker_->Ask(now)) {
    case Breaker::Answer::kGo:
      return now;
    case Breaker::Answer::kProbe:
      return IsUntried() ? now : breaker_->AgainAt();
    case Breaker::Answer::kWait:
    case Breaker::Answer::kRefused:
      break;
  }
  return breaker_->WakeAt(now);
}

ProxyLogin::Pass ProxyLogin::Enter(SteadyTime now) {
  if (!breaker_) return {};
  return {.breaker = breaker_, .of_breaker = breaker_->Enter(now)};
}

void ProxyLogin::Ended(const Pass& pass, const Error* error, SteadyTime now) {
  if (!pass.breaker) return;
  Breaker::End end{.object = kProxyObject, .is_only_one = true};
  if (error == nullptr || error->http_status > 0) {
    end.verdict = Breaker::Verdict::kAccepted;
  } else {
    end.error = std::make_shared<const Error>(*error);
    if (error->cause == Cause::kProxyLogin) {
      end.verdict = Breaker::Verdict::kRefused;
    }
  }
  pass.breaker->Leave(pass.of_breaker, end, now);
}

void ProxyLogin::Abandoned(const Pass& pass, std::shared_ptr<const Error> error,
                           SteadyTime now) {
  if (!pass.breaker) return;
  pass.breaker->Leave(pass.of_breaker,
                      {.error = std::move(error), .object = kProxyObject}, now);
}

}  // namespace exporter
