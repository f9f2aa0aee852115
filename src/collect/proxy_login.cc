#include "collect/proxy_login.h"

#include <algorithm>
#include <string>

namespace exporter {
namespace {

constexpr char kProxyObject[] = "proxy";

bool MayNeedLogin(const Transport *transport) {
  return transport != nullptr &&
         (transport->proxy_from_environment ||
          transport->proxy_url.Reveal().find('@') != std::string::npos);
}

}  // namespace

void ProxyLogin::Apply(const Transport *transport, SharedLimits &shared) {
  breaker_ = nullptr;
  if (!MayNeedLogin(transport)) return;
  breaker_ = shared.BreakerOf("proxy " + transport->proxy_url.Reveal(), true);
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

Breaker::Pass ProxyLogin::Enter(SteadyTime now) {
  return breaker_ ? breaker_->Enter(now) : Breaker::Pass{};
}

void ProxyLogin::Ended(const Breaker::Pass &pass, const Error *error,
                       SteadyTime now) {
  if (!breaker_) return;
  Breaker::End end{.object = kProxyObject, .is_only_one = true};
  if (error == nullptr || error->http_status > 0) {
    end.verdict = Breaker::Verdict::kAccepted;
  } else if (error->cause == Cause::kProxyLogin) {
    end.verdict = Breaker::Verdict::kRefused;
    end.error = std::make_shared<const Error>(*error);
  }
  breaker_->Leave(pass, end, now);
}

void ProxyLogin::Abandoned(const Breaker::Pass &pass, SteadyTime now) {
  if (breaker_) breaker_->Leave(pass, {.object = kProxyObject}, now);
}

}  // namespace exporter
