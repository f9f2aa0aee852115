#include "collect/project.h"

#include <algorithm>
#include <vector>

namespace exporter {
namespace {

constexpr std::chrono::milliseconds kLeastPatience{250};

}  // namespace

void ProjectState::Apply(std::shared_ptr<const ProjectSettings> settings,
                         SharedLimits& shared, SteadyTime now) {
  admission_.Apply(std::move(settings), shared, now);
  retired = false;
  reach_is_known = false;
}

bool ProjectState::IsUntriedProbe(const Entry& entry) const {
  return admission_.IsUntriedProbe(NameOf(entry), IsGood(entry));
}

bool ProjectState::IsFreshProbe(const Entry& entry) const {
  return admission_.IsFreshProbe(NameOf(entry), IsGood(entry));
}

Admission::Decision ProjectState::Decide(Instant now) const {
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

void ProjectState::NoteAnswerTime(SteadyDuration took) {
  usual_answer_time_ = usual_answer_time_ ? *usual_answer_time_ +
                                                (took - *usual_answer_time_) / 8
                                          : took;
}

void ProjectState::Enqueue(Entry& entry) {
  entry.phase = Entry::Phase::kQueued;
  (entry.straggler ? stragglers_ : fresh_).insert(&entry);
  reach_is_known = false;
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

}  // namespace exporter
