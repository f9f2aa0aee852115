#include "collect/roster.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace exporter {
namespace {

constexpr std::chrono::minutes kLeastStay{15};  // Of who may come back.

}  // namespace

void Roster::Replace(std::shared_ptr<const Catalogue> catalogue,
                     const Projects& projects, SteadyTime now) {
  std::erase_if(departed_, [&](const auto& departed) {
    return departed.second.forget_at <= now;
  });
  std::map<DatasetKey, std::shared_ptr<Entry>> remembered;
  for (const auto& entry : entries_) remembered[entry->key] = entry;
  std::vector<std::shared_ptr<Entry>> entries;
  entries.reserve(catalogue->datasets.size());
  for (const Dataset& dataset : catalogue->datasets) {
    const auto kept = remembered.extract(dataset.key);
    auto entry = kept ? kept.mapped() : ComeBack(dataset.key);
    entry->key = dataset.key;  // The texts are those of the catalogue.
    // Another one only where the project was gone and nobody waited in it.
    entry->project = projects.at(std::string(dataset.key.project_id));
    const auto order = static_cast<std::uint32_t>(entries.size());
    if (entry->phase.Is(Entry::Phase::kQueued)) {
      entry->project->Reorder(*entry, order);
    } else {
      entry->order = order;
    }
    entries.push_back(std::move(entry));
  }
  entries_ = std::move(entries);
  catalogue_ = std::move(catalogue);
  Depart(remembered, now);
}

void Roster::Depart(const std::map<DatasetKey, std::shared_ptr<Entry>>& gone,
                    SteadyTime now) {
  for (const auto& [dataset, entry] : gone) {
    const auto& discovery = entry->project->settings()->discovery;
    SteadyDuration stay = kLeastStay;
    if (discovery) {
      stay =
          std::max<SteadyDuration>(stay, discovery->refresh_interval * 5 / 2);
    }
    departed_.insert_or_assign(dataset, Departed{entry, now + stay});
  }
}

std::shared_ptr<Entry> Roster::ComeBack(const DatasetKey& dataset) {
  if (const auto departed = departed_.extract(dataset)) {
    return std::move(departed.mapped().entry);
  }
  auto entry = std::make_shared<Entry>();
  entry->key = dataset;
  return entry;
}

bool Roster::HasAnotherProbe(const Admission& admission,
                             const Entry* asked) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const auto& entry) {
    return entry.get() != asked &&
           admission.SharesBreakerWith(entry->project->admission()) &&
           IsFreshProbe(admission, *entry);
  });
}

Overview Roster::Look(const MemoryLimits& limits, SteadyTime now) const {
  Overview overview;
  overview.catalogue = catalogue_;
  overview.rows.reserve(entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Memory& memory = entries_[i]->memory;
    Overview::Row row;
    row.reading.dataset = i;
    if (memory.HasOutcome()) {
      row.reading = memory.Read(i, limits, now);
    }
    row.last_good = memory.LastGood();
    row.trail = memory.Trail();
    overview.rows.push_back(std::move(row));
  }
  return overview;
}

}  // namespace exporter
