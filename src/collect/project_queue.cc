#include "collect/project_queue.h"

#include <algorithm>
#include <iterator>

namespace exporter {

bool IsUntriedProbe(const Admission& admission, const Entry& entry) {
  return admission.IsUntriedProbe(
      NameOf(entry), entry.standing.IsGood(admission.StandingEpoch()));
}

bool IsFreshProbe(const Admission& admission, const Entry& entry) {
  return admission.IsFreshProbe(
      NameOf(entry), entry.standing.IsGood(admission.StandingEpoch()));
}

void ProjectQueue::Insert(Entry& entry) {
  (entry.straggler ? stragglers_ : fresh_).insert(&entry);
}

void ProjectQueue::Erase(Entry& entry) {
  (entry.straggler ? stragglers_ : fresh_).erase(&entry);
  if (IsEmpty()) nodes_.release();  // Between scrapes nobody needs them.
}

bool ProjectQueue::HasUntriedProbe(const Admission& admission) const {
  const auto is_untried = [&](const Entry* entry) {
    return IsUntriedProbe(admission, *entry);
  };
  return std::any_of(fresh_.begin(), fresh_.end(), is_untried) ||
         std::any_of(stragglers_.begin(), stragglers_.end(), is_untried);
}

std::vector<Entry*> ProjectQueue::All() const {
  std::vector<Entry*> all;
  all.reserve(fresh_.size() + stragglers_.size());
  std::merge(fresh_.begin(), fresh_.end(), stragglers_.begin(),
             stragglers_.end(), std::back_inserter(all), LongestUnasked());
  return all;
}

Entry& ProjectQueue::Next(bool with_stragglers) const {
  if (!with_stragglers || stragglers_.empty()) return **fresh_.begin();
  if (fresh_.empty()) return **stragglers_.begin();
  Entry* const fresh = *fresh_.begin();
  Entry* const straggler = *stragglers_.begin();
  return LongestUnasked()(straggler, fresh) ? *straggler : *fresh;
}

Entry& ProjectQueue::NextProbe(const Admission& admission) {
  probes_the_last_ = !probes_the_last_;
  Entry* first = nullptr;
  Entry* last = nullptr;
  Entry* untried = nullptr;
  for (Entry* entry : All()) {
    if (!IsFreshProbe(admission, *entry)) {
      if (untried == nullptr && IsUntriedProbe(admission, *entry)) {
        untried = entry;
      }
      continue;
    }
    if (entry->memory.LastGood() && !entry->health) return *entry;
    if (first == nullptr) first = entry;
    last = entry;
  }
  if (first == nullptr) return untried != nullptr ? *untried : Next(true);
  return probes_the_last_ ? *first : *last;
}

}  // namespace exporter
