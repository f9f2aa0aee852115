#include "collect/project.h"

#include <algorithm>
#include <vector>

namespace exporter {
namespace {

constexpr std::chrono::milliseconds kLeastPatience{250};

}  // namespace

ProjectState::ProjectState(std::shared_ptr<const ProjectSettings> settings,
                           std::shared_ptr<AccountGate> gate, SteadyTime now)
    : settings_(std::move(settings)),
      gate_(std::move(gate)),
      generation_(settings_->credentials->Generation()) {
  if (settings_->rate_limit) bucket_.emplace(*settings_->rate_limit, now);
}

void ProjectState::Apply(std::shared_ptr<const ProjectSettings> settings,
                         std::shared_ptr<AccountGate> gate, SteadyTime now) {
  if (settings->rate_limit != settings_->rate_limit) {
    bucket_.reset();
    if (settings->rate_limit) bucket_.emplace(*settings->rate_limit, now);
  }
  if (settings->credentials != settings_->credentials) {
    generation_ = settings->credentials->Generation();
  }
  settings_ = std::move(settings);
  gate_ = std::move(gate);
  retired = false;
  reach_is_known = false;
}

void ProjectState::NoticeNewCredentials() {
  const std::uint64_t generation = credentials().Generation();
  if (generation == generation_) return;
  generation_ = generation;
  gate_->NewCredentials();
}

ProjectState::Admission ProjectState::Admit(Instant now) const {
  using Kind = Admission::Kind;
  const bool may_lock = credentials().MayLock();
  switch (credentials().State(now.wall)) {
    case Credentials::Readiness::kNone: {
      auto error = std::make_shared<Error>(
          credentials().Prove(HttpRequest{}, now.wall).error());
      return {.kind = Kind::kRefused, .refusal = std::move(error)};
    }
    case Credentials::Readiness::kPending:
      switch (gate_->Ask(may_lock, now.steady)) {
        case AccountGate::Answer::kRefused:
          return {.kind = Kind::kRefused, .refusal = gate_->Refusal()};
        case AccountGate::Answer::kWait:  // With the renewal.
          return {.kind = Kind::kCredentials, .until = gate_->WakeAt()};
        case AccountGate::Answer::kGo:
          return {.kind = Kind::kCredentials};
      }
      break;
    case Credentials::Readiness::kReady:
      break;
  }
  switch (gate_->Ask(may_lock, now.steady)) {
    case AccountGate::Answer::kRefused:
      return {.kind = Kind::kRefused, .refusal = gate_->Refusal()};
    case AccountGate::Answer::kWait:
      return {.kind = Kind::kGate, .until = gate_->WakeAt()};
    case AccountGate::Answer::kGo:
      break;
  }
  if (now.steady < pause_.Until()) {
    return {.kind = Kind::kPause, .until = pause_.Until()};
  }
  if (bucket_) {
    const SteadyTime turn = bucket_->TurnAfter(0, now.steady);
    if (turn > now.steady) return {.kind = Kind::kRate, .until = turn};
  }
  return {};
}

AccountGate::Pass ProjectState::Enter(SteadyTime now) {
  if (bucket_) {
    bucket_->Take(now);
    reach_is_known = false;
  }
  return gate_->Enter(now);
}

SteadyTime ProjectState::TurnAfter(std::size_t others, SteadyTime now) const {
  const SteadyTime open = std::max(now, pause_.Until());
  return bucket_ ? std::max(open, bucket_->TurnAfter(others, now)) : open;
}

SteadyDuration ProjectState::Patience() const {
  if (!usual_answer_time_) return kLeastPatience;
  return std::clamp<SteadyDuration>(
      *usual_answer_time_ * 4, kLeastPatience,
      std::max<SteadyDuration>(kLeastPatience, settings_->timeout));
}

void ProjectState::NoteAnswerTime(SteadyDuration took) {
  usual_answer_time_ = usual_answer_time_ ? *usual_answer_time_ +
                                                (took - *usual_answer_time_) / 8
                                          : took;
}

void ProjectState::Enqueue(Entry& entry) {
  entry.phase = Entry::Phase::kQueued;
  (entry.suspect ? suspects_ : fresh_).insert(&entry);
  reach_is_known = false;
}

void ProjectState::Dequeue(Entry& entry) {
  (entry.suspect ? suspects_ : fresh_).erase(&entry);
}

Entry& ProjectState::Next(bool with_suspects) const {
  if (!with_suspects || suspects_.empty()) return **fresh_.begin();
  if (fresh_.empty()) return **suspects_.begin();
  Entry* const fresh = *fresh_.begin();
  Entry* const suspect = *suspects_.begin();
  return LongestUnasked()(suspect, fresh) ? *suspect : *fresh;
}

std::vector<Entry*> ProjectState::Queued() const {
  std::vector<Entry*> queued;
  queued.reserve(fresh_.size() + suspects_.size());
  std::merge(fresh_.begin(), fresh_.end(), suspects_.begin(), suspects_.end(),
             std::back_inserter(queued), LongestUnasked());
  return queued;
}

}  // namespace exporter
