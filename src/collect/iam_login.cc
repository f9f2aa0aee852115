#include "collect/iam_login.h"

#include <algorithm>

namespace exporter {

void IamLogin::Apply(const ProjectSettings& settings, SharedLimits& shared) {
  project_id_ = settings.project_id;
  gate_ = shared.LoginsOf(settings.account);
  gate_->SetMaxTries(settings.max_password_tries);
  limit_ = shared.LimitOf("IAM " + settings.account);
}

SteadyTime IamLogin::NextAt(SteadyTime now) const {
  return std::max({backoff_.NextAt(), gate_->NextAt(project_id_, now),
                   limit_->throttle.NextAt(now)});
}

IamLogin::Pass IamLogin::Begin(SteadyTime now) {
  on_its_way_ = ++last_number_;
  return {.number = on_its_way_,
          .project_id = project_id_,
          .gate = gate_,
          .of_gate = gate_->Begin(now),
          .limit = limit_,
          .of_limit = limit_->throttle.Enter(now)};
}

void IamLogin::Ended(const Pass& pass, const Error* error,
                     const Throttle::Refusal& refusal, SteadyTime now,
                     Rng& rng) {
  const bool is_of_present = pass.number == on_its_way_;
  if (is_of_present) on_its_way_ = 0;
  if (error == nullptr) {
    if (is_of_present) backoff_.Succeeded(now);
    pass.gate->End(pass.of_gate, pass.project_id, LoginGate::Verdict::kAccepted,
                   nullptr, false, now);
    pass.limit->throttle.Accepted(pass.of_limit);
    return;
  }
  const bool is_refused =
      error->http_status == 401 || error->http_status == 403;
  if (is_of_present && !is_refused && error->http_status != 429) {
    backoff_.Failed(*error, refusal.retry_after, now);
  }
  pass.gate->End(
      pass.of_gate, pass.project_id,
      is_refused ? LoginGate::Verdict::kRefused : LoginGate::Verdict::kNone,
      is_refused ? std::make_shared<const Error>(*error) : nullptr,
      error->kind == ErrorKind::kTimeout, now);
  if (error->http_status == 429) {
    pass.limit->throttle.Refused(pass.of_limit, refusal, now, rng);
  } else {
    pass.limit->throttle.Ended(pass.of_limit);
  }
}

void IamLogin::NewSecret() {
  gate_->NewSecret();
  Forget();
}

void IamLogin::NewCredentials() {
  gate_.reset();
  limit_.reset();
  Forget();
}

void IamLogin::Forget() {
  on_its_way_ = 0;
  backoff_ = {};
}

}  // namespace exporter
