#include "collect/scrapes.h"

#include <algorithm>
#include <utility>

namespace exporter {

Scrape& Scrapes::Begin(ScrapeOrder order,
                       std::shared_ptr<const Catalogue> catalogue,
                       std::size_t datasets) {
  auto& begun = scrapes_[++last_];
  begun = std::make_unique<Scrape>(Scrape{.order = std::move(order),
                                          .catalogue = std::move(catalogue),
                                          .readings = {},
                                          .waiting_for = {}});
  begun->readings.resize(datasets);
  begun->waiting_for.resize(datasets);
  return *begun;
}

std::vector<Scrape*> Scrapes::Overdue(SteadyTime now) const {
  std::vector<Scrape*> overdue;
  for (const auto& [id, scrape] : scrapes_) {
    if (scrape->order.deadline > now || scrape->missing == 0) continue;
    overdue.push_back(scrape.get());
  }
  return overdue;
}

std::vector<Plan::Finished> Scrapes::TakeFinished(SteadyTime now) {
  std::vector<Plan::Finished> finished;
  for (auto it = scrapes_.begin(); it != scrapes_.end();) {
    Scrape& scrape = *it->second;
    if (scrape.missing > 0) {
      ++it;
      continue;
    }
    Collection collection = Finish(scrape, now);
    finished.push_back(
        {it->first, std::move(scrape.order), std::move(collection)});
    it = scrapes_.erase(it);
  }
  return finished;
}

SteadyTime Scrapes::NextDeadline() const {
  SteadyTime next = SteadyTime::max();
  for (const auto& [id, scrape] : scrapes_) {
    next = std::min(next, scrape->order.deadline);
  }
  return next;
}

}  // namespace exporter
