// Keeps the scrapes that are not finished, each until nothing is missing from
// it.

#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "collect/instant.h"
#include "collect/outcomes.h"
#include "collect/plan.h"

namespace exporter {

// Not safe for concurrent use.
class Scrapes {
 public:
  // A scrape begins, of so many datasets of `catalogue`: nothing is missing
  // yet. It stays where it is until it is taken.
  Scrape& Begin(ScrapeOrder order, std::shared_ptr<const Catalogue> catalogue,
                std::size_t datasets);
  // The number of the last one that began; it rises.
  [[nodiscard]] ScrapeId Last() const { return last_; }

  // Those whose time is up while something is missing.
  [[nodiscard]] std::vector<Scrape*> Overdue(SteadyTime now) const;

  // Those from which nothing is missing.
  [[nodiscard]] std::vector<Plan::Finished> TakeFinished(SteadyTime now);

  // SteadyTime::max() if there are none.
  [[nodiscard]] SteadyTime NextDeadline() const;

 private:
  ScrapeId last_ = 0;
  std::map<ScrapeId, std::unique_ptr<Scrape>> scrapes_;
};

}  // namespace exporter
