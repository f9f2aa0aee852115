#include "collect/iam_login.h"

#include <algorithm>
#include <chrono>
#include <utility>

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

void IamLogin::Apply(const ProjectSettings &settings, SharedLimits &shared) {
  project_id_ = settings.project_id;
  gate_ = shared.LoginsOf(settings.account);
  gate_->SetMaxTries(settings.max_password_tries);
  limit_ = shared.LimitOf("IAM " + settings.account);
}

SteadyTime IamLogin::NextAt(SteadyTime now) const {
  return std::max({not_before_, gate_->NextAt(project_id_, now),
                   limit_->throttle.NextAt(now)});
}

void IamLogin::Begin(SteadyTime now) {
  on_its_way_ = true;
  gate_pass_ = gate_->Begin(now);
  limit_pass_ = limit_->throttle.Enter(now);
}

void IamLogin::Ended(const Error *error, const Throttle::Refusal &refusal,
                     SteadyTime now, Rng &rng) {
  on_its_way_ = false;
  if (error == nullptr) {
    failures_ = 0;
    not_before_ = now + 1s;
    gate_->End(gate_pass_, project_id_, LoginGate::Verdict::kAccepted, nullptr,
               false, now);
    limit_->throttle.Accepted(limit_pass_);
    return;
  }
  const bool is_refused =
      error->http_status == 401 || error->http_status == 403;
  if (!is_refused && error->http_status != 429) PauseAfter(*error, now);
  gate_->End(
      gate_pass_, project_id_,
      is_refused ? LoginGate::Verdict::kRefused : LoginGate::Verdict::kNone,
      is_refused ? std::make_shared<const Error>(*error) : nullptr,
      error->kind == ErrorKind::kTimeout, now);
  if (error->http_status == 429) {
    limit_->throttle.Refused(limit_pass_, refusal, now, rng);
  } else {
    limit_->throttle.Ended(limit_pass_);
  }
}

void IamLogin::PauseAfter(const Error &error, SteadyTime now) {
  SteadyDuration pause = kLongestPause;
  if (!IsRefusal(error.kind)) {
    pause =
        std::min<SteadyDuration>(pause, 1s * (1U << std::min(failures_, 6U)));
  }
  ++failures_;
  not_before_ = now + pause;
}

void IamLogin::Abandoned(SteadyTime now) {
  if (!std::exchange(on_its_way_, false)) return;
  gate_->End(gate_pass_, project_id_, LoginGate::Verdict::kNone, nullptr, false,
             now);
  limit_->throttle.Ended(limit_pass_);
}

void IamLogin::NewSecret() {
  gate_->NewSecret();
  on_its_way_ = false;
  not_before_ = SteadyTime{};
  failures_ = 0;
}

}  // namespace exporter
