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
                         SharedLimits& shared, SteadyTime now) {
  admission_.Apply(std::move(settings), shared, now);
  retired = false;
  reach_is_known_ = false;
}

bool ProjectState::IsUntriedProbe(const Entry& entry) const {
  return admission_.IsUntriedProbe(NameOf(entry), IsGood(entry));
}

bool ProjectState::IsFreshProbe(const Entry& entry) const {
  return admission_.IsFreshProbe(NameOf(entry), IsGood(entry));
}

Decision ProjectState::Decide(Instant now) const {
  return admission_.Decide(now, [this] {
    const auto is_untried = [this](const Entry* entry) {
      return IsUntriedProbe(*entry);
    };
    return (listing_wanted &&
            admission_.IsUntriedProbe(ListingName(), IsListingGood())) ||
           std::any_of(fresh_.begin(), fresh_.end(), is_untried) ||
           std::any_of(stragglers_.begin(), stragglers_.end(), is_untried);
  });
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
  entry.phase = Entry::Phase::kQueued;
  (entry.straggler ? stragglers_ : fresh_).insert(&entry);
  reach_is_known_ = false;
}

void ProjectState::Dequeue(Entry& entry) {
  (entry.straggler ? stragglers_ : fresh_).erase(&entry);
}

Entry& ProjectState::Next(bool with_stragglers) const {
  if (!with_stragglers || stragglers_.empty()) return **fresh_.begin();
  if (fresh_.empty()) return **stragglers_.begin();
  Entry* const fresh = *fresh_.begin();
  Entry* const straggler = *stragglers_.begin();
  return LongestUnasked()(straggler, fresh) ? *straggler : *fresh;
}

Entry& ProjectState::NextProbe() {
  probes_the_last_ = !probes_the_last_;
  Entry* first = nullptr;
  Entry* last = nullptr;
  Entry* untried = nullptr;
  for (Entry* entry : Queued()) {
    if (!IsFreshProbe(*entry)) {
      if (untried == nullptr && IsUntriedProbe(*entry)) untried = entry;
      continue;
    }
    if (entry->memory.LastGood() && !entry->health) return *entry;
    if (first == nullptr) first = entry;
    last = entry;
  }
  if (first == nullptr) return untried != nullptr ? *untried : Next(true);
  return probes_the_last_ ? *first : *last;
}

std::vector<Entry*> ProjectState::Queued() const {
  std::vector<Entry*> queued;
  queued.reserve(fresh_.size() + stragglers_.size());
  std::merge(fresh_.begin(), fresh_.end(), stragglers_.begin(),
             stragglers_.end(), std::back_inserter(queued), LongestUnasked());
  return queued;
}

SteadyDuration ProjectState::Settle(Instant now, Outcomes& outcomes,
                                    Plan& plan) {
  using Kind = Decision::Kind;
  patience_ends_ = SteadyTime::max();
  if (!HasQueued() && !listing_wanted) return NoteHoldUp(now.steady);
  decision_ = Decide(now);
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
  for (Entry* entry : Queued()) {
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
  for (Entry* entry : Queued()) {
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
  for (Entry* entry : Queued()) {
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
  if (HasQueued() &&
      (decision_.kind == Kind::kPause || decision_.kind == Kind::kRate)) {
    held_up_since_ = now;
  }
  return held_up;
}

SteadyTime ProjectState::SettleAt() const {
  if (!HasQueued() && !listing_wanted) return SteadyTime::max();
  return std::min(decision_.until, patience_ends_);
}

}  // namespace exporter
