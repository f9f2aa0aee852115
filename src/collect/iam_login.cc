#include "collect/iam_login.h"

#include <algorithm>
#include <chrono>

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr SteadyDuration kLongestPause = 1min;

// What a person has to mend.
bool IsRefusal(ErrorKind kind) {
  return kind == ErrorKind::kUnauthorized || kind == ErrorKind::kForbidden ||
         kind == ErrorKind::kNotFound || kind == ErrorKind::kApiUnavailable ||
         kind == ErrorKind::kClientError;
}

}  // namespace

void IamLogin::Apply(const ProjectSettings& settings, SharedLimits& shared) {
  project_id_ = settings.project_id;
  gate_ = shared.LoginsOf(settings.account);
  gate_->SetMaxTries(settings.max_password_tries);
  limit_ = shared.LimitOf("IAM " + settings.account);
}

SteadyTime IamLogin::NextAt(SteadyTime now) const {
  return std::max({not_before_, gate_->NextAt(project_id_, now),
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
    if (is_of_present) {
      failures_ = 0;
      not_before_ = now + 1s;
    }
    pass.gate->End(pass.of_gate, pass.project_id, LoginGate::Verdict::kAccepted,
                   nullptr, false, now);
    pass.limit->throttle.Accepted(pass.of_limit);
    return;
  }
  const bool is_refused =
      error->http_status == 401 || error->http_status == 403;
  if (is_of_present && !is_refused && error->http_status != 429) {
    PauseAfter(*error, now);
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

void IamLogin::PauseAfter(const Error& error, SteadyTime now) {
  SteadyDuration pause = kLongestPause;
  if (!IsRefusal(error.kind)) {
    pause =
        std::min<SteadyDuration>(pause, 1s * (1U << std::min(failures_, 6U)));
  }
  ++failures_;
  not_before_ = now + pause;
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
  not_before_ = SteadyTime{};
  failures_ = 0;
}

}  // namespace exporter
