#include "collect/login_gate.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostOnTheWay = 3;
constexpr std::chrono::milliseconds kLoginPatience{250};
constexpr SteadyDuration kAfterTheLast = 24h;

}  // namespace

SteadyTime LoginGate::OwnTurn(const Project& project) const {
  if (project.refusals == 0 || project.may_try_again) return SteadyTime::min();
  // Without an acceptance since then, the password may have been replaced: all
  // such projects together make one try a day.
  if (accepted_ && !project.accepted && accepted_at_ <= project.refused_at) {
    return lone_refused_at_ + kAfterTheLast;
  }
  if (project.refusals >= max_tries_) return project.refused_at + kAfterTheLast;
  return project.refused_at + (project.refusals == 1 ? 1min : 9min);
}

SteadyTime LoginGate::NextAt(const std::string& project, SteadyTime now) const {
  static const Project kUnknown;
  const auto found = projects_.find(project);
  const Project& one = found == projects_.end() ? kUnknown : found->second;
  const SteadyTime own = OwnTurn(one);
  if (on_the_way_ >= kMostOnTheWay) return SteadyTime::max();
  if (!IsOfThePassword(one)) return own;
  if (on_the_way_ > 0 && (!accepted_ || tries_ > 0)) {
    if (tries_ + on_the_way_ >= max_tries_) return SteadyTime::max();
    return std::max(own, begun_at_ + kLoginPatience);
  }
  if (tries_ + on_the_way_ < max_tries_) return own;
  if (on_the_way_ > 0) return SteadyTime::max();
  return may_try_again_ ? now : std::max(own, tried_at_ + kAfterTheLast);
}

std::uint64_t LoginGate::Begin(SteadyTime now) {
  ++on_the_way_;
  begun_at_ = now;
  return epoch_;
}

void LoginGate::End(std::uint64_t pass, const std::string& project,
                    Verdict verdict, std::shared_ptr<const Error> error,
                    bool timed_out, SteadyTime now) {
  if (pass != epoch_) return;
  --on_the_way_;
  Project& one = projects_[project];
  switch (verdict) {
    case Verdict::kAccepted:
      one = {.accepted = true};
      accepted_ = true;
      accepted_at_ = now;
      may_try_again_ = false;
      tries_ = 0;
      lone_tries_ = 0;
      refusal_.reset();
      return;
    case Verdict::kNone:
      // Once there was a refusal, silence may well be another one.
      if (!timed_out || tries_ == 0) return;
      break;
    case Verdict::kRefused:
      ++one.refusals;
      one.refused_at = now;
      one.refusal = error;
      if (!IsOfThePassword(one)) {
        if (std::exchange(one.may_try_again, false)) ++lone_tries_;
        lone_refused_at_ = now;
        return;
      }
      one.may_try_again = false;
      // Those will have been refused for the password, too.
      tries_ += std::exchange(lone_tries_, 0);
      refusal_ = std::move(error);
      break;
  }
  ++tries_;
  tried_at_ = now;
  may_try_again_ = false;
}

void LoginGate::NewSecret() {
  ++epoch_;
  accepted_ = false;
  may_try_again_ = false;
  tries_ = 0;
  lone_tries_ = 0;
  on_the_way_ = 0;
  refusal_.reset();
  projects_.clear();
}

void LoginGate::Reloaded() {
  may_try_again_ = tries_ > 0;
  std::vector<Project*> alone;
  for (auto& [id, project] : projects_) {
    project.may_try_again = IsOfThePassword(project);
    if (!project.may_try_again && project.refusals > 0) {
      alone.push_back(&project);
    }
  }
  std::stable_sort(
      alone.begin(), alone.end(),
      [](const auto* a, const auto* b) { return a->last_turn < b->last_turn; });
  const std::size_t room =
      lone_tries_ < max_tries_ ? max_tries_ - lone_tries_ : 1;
  if (alone.size() > room) alone.resize(room);
  for (Project* project : alone) {
    project->may_try_again = true;
    project->last_turn = ++turns_;
  }
}

std::shared_ptr<const Error> LoginGate::RefusalFor(
    const std::string& project) const {
  const auto found = projects_.find(project);
  if (found != projects_.end() && found->second.refusal) {
    return found->second.refusal;
  }
  return refusal_;
}

unsigned LoginGate::TriesFor(const std::string& project) const {
  const auto found = projects_.find(project);
  const unsigned own = found == projects_.end() ? 0 : found->second.refusals;
  return std::max(own, tries_);
}

}  // namespace exporter
