// Ends queries: each outcome goes into the memory of its dataset, and from
// there to all who wait.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/error.h"
#include "collect/entry.h"
#include "collect/instant.h"
#include "collect/memory.h"
#include "collect/plan.h"
#include "model/reading.h"
#include "model/sync_status.h"

namespace exporter {

// A scrape that is not finished.
struct Scrape {
  ScrapeOrder order;
  std::shared_ptr<const Catalogue> catalogue;
  std::vector<Reading> readings;
  std::vector<std::shared_ptr<Entry>> waiting_for;  // By slot; null: answered.
  std::size_t missing = 0;
};

// What it brought. REQUIRES: nothing is missing.
Collection Finish(Scrape& scrape, SteadyTime now);

// Not safe for concurrent use.
class Outcomes {
 public:
  void SetLimits(const MemoryLimits& limits) { limits_ = limits; }

  void Succeed(Entry& entry, SyncStatus status, Instant now);
  void Fail(Entry& entry, std::shared_ptr<const Error> error, Instant now);

  // The time of `scrape` is up, while others go on waiting for the dataset of
  // `slot`. `why`: it has no answer.
  void Leave(Scrape& scrape, std::size_t slot, std::shared_ptr<const Error> why,
             SteadyTime now) const;

  // Of datasets, since the last call.
  [[nodiscard]] std::vector<Plan::HealthChange> TakeHealthChanges();

 private:
  void AnswerWaiters(Entry& entry, Instant now) const;

  MemoryLimits limits_;
  std::vector<Plan::HealthChange> health_;
};

}  // namespace exporter
