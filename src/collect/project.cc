#include "collect/project.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "collect/outcomes.h"
#include "collect/unanswered.h"

namespace exporter {
namespace {

constexpr std::chrono::milliseconds kLeastPatience{250};
// An outage that has lasted long may end just now.
constexpr std::chrono::seconds kWaitInLongOutage{1};

SteadyTime LastDeadline(const Entry& entry) {
  SteadyTime last = SteadyTime::min();
  for (const auto& waiter : entry.waiters) {
    last = std::max(last, waiter.scrape->order.deadline);
  }
  return last;
}

}  // namespace

void ProjectState::Apply(std::shared_ptr<const ProjectSettings> settings,
                         SharedLimits& shared) {
  admission_.Apply(std::move(settings), shared);
  retired = false;
  reach_is_known_ = false;
}

Admission::Object ProjectState::Listing() const {
  return {.name = settings()->project_id + " list",
          .was_good = listing_standing.IsGood(admission_.StandingEpoch())};
}

SteadyDuration ProjectState::Patience() const {
  if (!usual_answer_time_) return kLeastPatience;
  return std::clamp<SteadyDuration>(
      *usual_answer_time_ * 4, kLeastPatience,
      std::max<SteadyDuration>(kLeastPatience, settings()->timeout));
}

void ProjectState::NoteAnswer(SteadyDuration took) {
  held_back_ = false;
  usual_answer_time_ = usual_answer_time_ ? *usual_answer_time_ +
                                                (took - *usual_answer_time_) / 8
                                          : took;
}

void ProjectState::Enqueue(Entry& entry) {
  entry.phase.MoveTo(Entry::Phase::kQueued);
  queue_.Insert(entry);
  reach_is_known_ = false;
}

void ProjectState::Reorder(Entry& entry, std::uint32_t order) {
  queue_.Erase(entry);
  entry.order = order;
  queue_.Insert(entry);
  reach_is_known_ = false;
}

Entry& ProjectState::Next(bool with_stragglers) {
  const bool is_probe = decision_.kind == Decision::Kind::kProbe ||
                        admission_.pace().outage().IsOut();
  return is_probe ? queue_.NextProbe(admission_) : queue_.Next(with_stragglers);
}

SteadyDuration ProjectState::Settle(Instant now, Outcomes& outcomes,
                                    Plan& plan) {
  using Kind = Decision::Kind;
  patience_ends_ = SteadyTime::max();
  if (queue_.IsEmpty() && !listing_wanted) return NoteHoldUp(now.steady);
  decision_ = admission_.Decide(now, [this] {
    if (queue_.HasUntriedProbe(admission_)) return true;
    if (!listing_wanted) return false;
    const Admission::Object list = Listing();
    return admission_.IsUntriedProbe(list.name, list.was_good);
  });
  switch (decision_.kind) {
    case Kind::kRefused:
      RefuseQueued(now, outcomes, plan);
      break;
    case Kind::kPause:
    case Kind::kRate:
      FailOutOfReach(now, outcomes);
      break;
    case Kind::kCredentials:
    case Kind::kOutage:
      FailWhoCannotWait(now, outcomes);
      break;
    case Kind::kOpen:
    case Kind::kProbe:
    case Kind::kProof:
      break;
  }
  return NoteHoldUp(now.steady);
}

void ProjectState::RefuseQueued(Instant now, Outcomes& outcomes, Plan& plan) {
  const std::shared_ptr<const Error> refusal = decision_.why;
  if (refusal->kind == ErrorKind::kUnauthorized && !held_back_) {
    held_back_ = true;
    plan.held_back.push_back({settings(), refusal});
  }
  for (Entry* entry : queue_.All()) {
    Dequeue(*entry);
    outcomes.Fail(*entry, entry->last_error ? entry->last_error : refusal, now);
  }
  if (listing_wanted) {
    listing_wanted = false;
    plan.refused_listings.push_back({settings(), refusal});
  }
}

void ProjectState::FailOutOfReach(Instant now, Outcomes& outcomes) {
  if (reach_is_known_) return;
  const bool paused = admission_.pace().IsPaused(now.steady);
  std::size_t before = 0;
  for (Entry* entry : queue_.All()) {
    if (admission_.pace().TurnAfter(before, now.steady) <
        LastDeadline(*entry)) {
      ++before;
      continue;
    }
    auto error = WhyNotAnswered(*entry, decision_, now.steady);
    Dequeue(*entry);
    outcomes.Fail(*entry, std::move(error), now);
  }
  // A pause may end earlier than expected; a turn under the limit may not.
  reach_is_known_ = !paused || before == 0;
}

// Those whose time is up before the credentials can be had, or who have waited
// long enough for the end of a long outage.
void ProjectState::FailWhoCannotWait(Instant now, Outcomes& outcomes) {
  using Kind = Decision::Kind;
  const bool is_outage = decision_.kind == Kind::kOutage;
  if (is_outage && !admission_.pace().outage().IsLong(now.steady)) return;
  if (!is_outage && !decision_.why) return;
  for (Entry* entry : queue_.All()) {
    const SteadyTime waits_until =
        is_outage ? entry->wanted_at + kWaitInLongOutage : LastDeadline(*entry);
    if (is_outage ? now.steady < waits_until : decision_.until < waits_until) {
      if (is_outage) patience_ends_ = std::min(patience_ends_, waits_until);
      continue;
    }
    auto error = WhyNotAnswered(*entry, decision_, now.steady);
    Dequeue(*entry);
    outcomes.Fail(*entry, std::move(error), now);
  }
}

SteadyDuration ProjectState::NoteHoldUp(SteadyTime now) {
  using Kind = Decision::Kind;
  const SteadyDuration held_up =
      held_up_since_ ? now - *held_up_since_ : SteadyDuration::zero();
  held_up_since_.reset();
  if (!queue_.IsEmpty() &&
      (decision_.kind == Kind::kPause || decision_.kind == Kind::kRate)) {
    held_up_since_ = now;
  }
  return held_up;
}

SteadyTime ProjectState::SettleAt() const {
  if (queue_.IsEmpty() && !listing_wanted) return SteadyTime::max();
  return std::min(decision_.until, patience_ends_);
}

}  // namespace exporter
