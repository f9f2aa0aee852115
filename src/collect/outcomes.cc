#include "collect/outcomes.h"

#include <utility>

#include "collect/project.h"

namespace exporter {

Collection Finish(Scrape& scrape, SteadyTime now) {
  Collection collection{.catalogue = std::move(scrape.catalogue),
                        .readings = std::move(scrape.readings),
                        .duration = now - scrape.order.began,
                        .budget = scrape.order.deadline - scrape.order.began};
  for (const Reading& reading : collection.readings) {
    if (reading.failure) ++collection.errors;
  }
  return collection;
}

void Outcomes::Succeed(Entry& entry, SyncStatus status, Instant now) {
  entry.memory.Succeeded(std::move(status), now, now.steady - entry.wanted_at);
  if (entry.health) {
    entry.health.reset();
    health_.push_back({entry.key, entry.project->settings(), nullptr});
  }
  AnswerWaiters(entry, now);
}

void Outcomes::Fail(Entry& entry, std::shared_ptr<const Error> error,
                    Instant now) {
  if (entry.asked && entry.health != error->kind) {
    entry.health = error->kind;
    health_.push_back({entry.key, entry.project->settings(), error});
  }
  entry.memory.Failed(std::move(error), entry.asked, now,
                      now.steady - entry.wanted_at);
  AnswerWaiters(entry, now);
}

void Outcomes::AnswerWaiters(Entry& entry, Instant now) const {
  entry.phase.MoveTo(Entry::Phase::kIdle);
  entry.asked = false;
  entry.retried = false;
  entry.repeated = false;
  entry.broke_in = 0;
  entry.last_error.reset();
  const Memory& memory = entry.memory;
  std::shared_ptr<Entry> kept;  // A slot may be the last that does.
  for (const auto& [scrape, slot] : entry.waiters) {
    Reading& reading = scrape->readings[slot];
    reading = memory.Read(reading.dataset, limits_, now.steady);
    kept = std::move(scrape->waiting_for[slot]);
    --scrape->missing;
  }
  entry.waiters.clear();
}

void Outcomes::Leave(Scrape& scrape, std::size_t slot,
                     std::shared_ptr<const Error> why, SteadyTime now) const {
  const std::shared_ptr<Entry> entry = std::move(scrape.waiting_for[slot]);
  std::erase_if(entry->waiters,
                [&](const auto& waiter) { return waiter.scrape == &scrape; });
  Reading& reading = scrape.readings[slot];
  reading = entry->memory.ReadFailure(reading.dataset, std::move(why),
                                      now - entry->wanted_at, limits_, now);
  scrape.waiting_for[slot].reset();
  --scrape.missing;
}

std::vector<Plan::HealthChange> Outcomes::TakeHealthChanges() {
  return std::exchange(health_, {});
}

}  // namespace exporter
