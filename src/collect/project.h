// Holds one project as the planner sees it: who waits, whether its cloud may be
// asked now, and how long its answers take.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "collect/admission.h"
#include "collect/decision.h"
#include "collect/entry.h"
#include "collect/instant.h"
#include "collect/project_queue.h"
#include "collect/settings.h"

namespace exporter {

class Outcomes;
struct Plan;

// Not safe for concurrent use.
class ProjectState {
 public:
  ProjectState(std::shared_ptr<const ProjectSettings> settings,
               SharedLimits& shared)
      : admission_(std::move(settings), shared) {}

  // New settings for the same project. Pauses and experience are kept.
  void Apply(std::shared_ptr<const ProjectSettings> settings,
             SharedLimits& shared);

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

  // `entry` waits for its turn from now on, or no longer.
  void Enqueue(Entry& entry);
  void Dequeue(Entry& entry) { queue_.Erase(entry); }
  // One that waits has another place in the catalogue.
  void Reorder(Entry& entry, std::uint32_t order);
  [[nodiscard]] const ProjectQueue& queue() const { return queue_; }
  // The one to be asked now. REQUIRES: decision().MayGo(), and there is one.
  [[nodiscard]] Entry& Next(bool with_stragglers);

  // A page of the list, as admission sees it.
  [[nodiscard]] Admission::Object Listing() const;

  [[nodiscard]] const std::shared_ptr<const ProjectSettings>& settings() const {
    return admission_.settings();
  }
  [[nodiscard]] Admission& admission() { return admission_; }

  bool retired = false;         // No longer configured; ends when idle.
  bool listing_wanted = false;  // A page of the list waits for its turn.
  std::size_t in_flight = 0;
  std::uint64_t last_served = 0;  // Rank of the project's last request.
  Standing listing_standing;

 private:
  void RefuseQueued(Instant now, Outcomes& outcomes, Plan& plan);
  void FailOutOfReach(Instant now, Outcomes& outcomes);
  void FailWhoCannotWait(Instant now, Outcomes& outcomes);
  SteadyDuration NoteHoldUp(SteadyTime now);

  Admission admission_;
  Decision decision_;
  bool reach_is_known_ = false;  // The queue was checked against the pacing.
  bool held_back_ = false;       // By a refusal, which was told.
  std::optional<SteadyTime> held_up_since_;       // By pacing, with a queue.
  SteadyTime patience_ends_ = SteadyTime::max();  // Somebody's, in an outage.
  std::optional<SteadyDuration> usual_answer_time_;
  ProjectQueue queue_;
};

}  // namespace exporter
