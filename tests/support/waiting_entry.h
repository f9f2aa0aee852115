#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "collect/outcomes.h"
#include "collect/project.h"
#include "support/fake_credentials.h"

namespace exporter {

// A project, and a scrape of ten seconds that waits for its datasets.
struct WaitingScrape {
  std::shared_ptr<Entry> Wait(const std::string& dataset_id) {
    auto entry = std::make_shared<Entry>();
    entry->key = {"p", dataset_id};
    entry->project = project;
    entry->order = static_cast<std::uint32_t>(scrape.readings.size());
    entry->wanted_at = now.steady;
    Join(scrape, entry);
    project->Enqueue(*entry);
    return entry;
  }
  static void Join(Scrape& joining, const std::shared_ptr<Entry>& entry) {
    entry->waiters.push_front({&joining, joining.readings.size()});
    joining.readings.emplace_back().dataset = joining.waiting_for.size();
    joining.waiting_for.push_back(entry);
    ++joining.missing;
  }
  // Its turn has come.
  void Ask(Entry& entry) const {
    project->Dequeue(entry);
    entry.phase.MoveTo(Entry::Phase::kAsked);
    entry.asked = true;
  }

  Instant now{SteadyTime(std::chrono::hours(1)),
              WallTime(std::chrono::hours(24 * 365))};
  SharedLimits shared;
  std::shared_ptr<ProjectState> project = [this] {
    auto settings = std::make_shared<ProjectSettings>();
    settings->project_id = std::string(1, 'p');
    settings->credentials = std::make_shared<FakeCredentials>();
    return std::make_shared<ProjectState>(settings, shared);
  }();
  Scrape scrape{.order = {.began = now.steady,
                          .deadline = now.steady + std::chrono::seconds(10)},
                .catalogue = {},
                .readings = {},
                .waiting_for = {}};
};

}  // namespace exporter
