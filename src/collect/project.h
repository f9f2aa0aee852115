// Holds one project as the planner sees it: who waits, whether its cloud may be
// asked now, and how long its answers take.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <set>
#include <tuple>

#include "collect/admission.h"
#include "collect/entry.h"
#include "collect/instant.h"
#include "collect/pacing.h"
#include "collect/settings.h"

namespace exporter {

class Outcomes;
struct Plan;

// Not safe for concurrent use.
class ProjectState {
 public:
  ProjectState(std::shared_ptr<const ProjectSettings> settings,
               SharedLimits& shared, SteadyTime now)
      : admission_(std::move(settings), shared, now) {}

  // New settings for the same project. Pauses and experience are kept.
  void Apply(std::shared_ptr<const ProjectSettings> settings,
             SharedLimits& shared, SteadyTime now);

  // Looks whether a request may go, and fails those who wait in vain. How long
  // a queue has been held up by a pause or by our own limit since the last
  // look.
  [[nodiscard]] SteadyDuration Settle(Instant now, Outcomes& outcomes,
                                      Plan& plan);
  // When that is due again without an event.
  [[nodiscard]] SteadyTime SettleAt() const;
  // As of the last look: whether a request may go, and if not, what it waits
  // for.
  [[nodiscard]] const Decision& decision() const { return decision_; }
  // A request began, or its answer came: whose turn comes in time is to be
  // found out anew.
  void Unsettle() { reach_is_known_ = false; }

  // The longest that an answer should take: four times what they take usually,
  // at most the timeout, but at least 250 ms; 250 ms as long as none came.
  [[nodiscard]] SteadyDuration Patience() const;
  // A good one came.
  void NoteAnswer(SteadyDuration took);

  void Enqueue(Entry& entry);
  void Dequeue(Entry& entry);
  [[nodiscard]] bool HasFresh() const { return !fresh_.empty(); }
  [[nodiscard]] bool HasStragglers() const { return !stragglers_.empty(); }
  [[nodiscard]] bool HasQueued() const { return HasFresh() || HasStragglers(); }

  // The one that was asked longest ago, stragglers among them only if asked
  // for. REQUIRES: there is one.
  [[nodiscard]] Entry& Next(bool with_stragglers) const;

  // The one whose answer tells most of the credentials, or of the line: one
  // that was good before; else one that was never asked, from either end of the
  // queue in turn, in case those at the front are refused by themselves; else
  // one that was no probe yet; else any. REQUIRES: there is one.
  [[nodiscard]] Entry& NextProbe();

  // What requests for pages of the list are told apart by.
  [[nodiscard]] std::string ListingName() const {
    return settings()->project_id + " list";
  }
  // As IsGood.
  [[nodiscard]] bool IsListingGood() const {
    return listing_standing.IsGood(admission_.StandingEpoch());
  }

  // It was not refused by itself when it was asked last.
  [[nodiscard]] bool IsGood(const Entry& entry) const {
    return entry.standing.IsGood(admission_.StandingEpoch());
  }

  // All that are queued, the one asked longest ago first.
  [[nodiscard]] std::vector<Entry*> Queued() const;

  [[nodiscard]] const std::shared_ptr<const ProjectSettings>& settings() const {
    return admission_.settings();
  }
  [[nodiscard]] Admission& admission() { return admission_; }
  [[nodiscard]] const Admission& admission() const { return admission_; }

  bool retired = false;         // No longer configured; ends when idle.
  bool listing_wanted = false;  // A page of the list waits for its turn.
  std::size_t in_flight = 0;
  std::uint64_t last_served = 0;  // Rank of the project's last request.
  Standing listing_standing;

 private:
  // Two may have the same place in two catalogues.
  struct LongestUnasked {
    bool operator()(const Entry* a, const Entry* b) const {
      return std::tie(a->last_asked, a->order, a->key) <
             std::tie(b->last_asked, b->order, b->key);
    }
  };
  using Queue = std::pmr::set<Entry*, LongestUnasked>;

  [[nodiscard]] Decision Decide(Instant now) const;
  void RefuseQueued(Instant now, Outcomes& outcomes, Plan& plan);
  void FailOutOfReach(Instant now, Outcomes& outcomes);
  void FailWhoCannotWait(Instant now, Outcomes& outcomes);
  SteadyDuration NoteHoldUp(SteadyTime now);
  [[nodiscard]] bool IsUntriedProbe(const Entry& entry) const;
  [[nodiscard]] bool IsFreshProbe(const Entry& entry) const;

  Admission admission_;
  Decision decision_;
  bool reach_is_known_ = false;  // The queue was checked against the pacing.
  bool held_back_ = false;       // By a refusal, which was told.
  std::optional<SteadyTime> held_up_since_;       // By pacing, with a queue.
  SteadyTime patience_ends_ = SteadyTime::max();  // Somebody's, in an outage.
  bool probes_the_last_ = false;
  std::optional<SteadyDuration> usual_answer_time_;
  // Each scrape fills and drains the queues. With nodes of their own it does
  // not leave its holes all over the heap, which ten thousand datasets feel.
  std::pmr::unsynchronized_pool_resource nodes_;
  Queue fresh_{&nodes_};
  Queue stragglers_{&nodes_};
};

}  // namespace exporter
