#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <set>
#include <utility>

#include "collect/account_gate.h"
#include "collect/entry.h"
#include "collect/instant.h"
#include "collect/pacing.h"
#include "collect/settings.h"

namespace exporter {

// One project as the planner sees it: who waits, whether its cloud may be asked
// now, and how long its answers take. Not safe for concurrent use.
class ProjectState {
 public:
  // Whether a request may go, and if not, what it waits for.
  struct Admission {
    enum class Kind { kOpen, kCredentials, kGate, kPause, kRate, kRefused };
    Kind kind = Kind::kOpen;
    SteadyTime until = SteadyTime::max();       // Unless an event comes before.
    std::shared_ptr<const Error> refusal = {};  // kRefused: do not wait.
  };

  ProjectState(std::shared_ptr<const ProjectSettings> settings,
               std::shared_ptr<AccountGate> gate, SteadyTime now);

  // New settings for the same project. Pauses and experience are kept.
  void Apply(std::shared_ptr<const ProjectSettings> settings,
             std::shared_ptr<AccountGate> gate, SteadyTime now);

  // Looks whether the credentials were replaced, in which case the gate opens.
  void NoticeNewCredentials();

  [[nodiscard]] Admission Admit(Instant now) const;

  // A request goes to the cloud. REQUIRES: Admit said kOpen.
  AccountGate::Pass Enter(SteadyTime now);

  // When the dataset behind `others` may be asked at the earliest, for all that
  // is known now. REQUIRES: Admit said kPause or kRate.
  [[nodiscard]] SteadyTime TurnAfter(std::size_t others, SteadyTime now) const;

  // The longest that an answer should take: four times what they take usually,
  // at least 250 ms, and just that as long as none came.
  [[nodiscard]] SteadyDuration Patience() const;
  void NoteAnswerTime(SteadyDuration took);

  void Enqueue(Entry& entry);
  void Dequeue(Entry& entry);
  [[nodiscard]] bool HasFresh() const { return !fresh_.empty(); }
  [[nodiscard]] bool HasSuspects() const { return !suspects_.empty(); }
  [[nodiscard]] bool HasQueued() const { return HasFresh() || HasSuspects(); }

  // The one that was asked longest ago, suspects among them only if asked for.
  // REQUIRES: there is one.
  [[nodiscard]] Entry& Next(bool with_suspects) const;

  // All that are queued, the one asked longest ago first.
  [[nodiscard]] std::vector<Entry*> Queued() const;

  [[nodiscard]] const std::shared_ptr<const ProjectSettings>& settings() const {
    return settings_;
  }
  [[nodiscard]] Credentials& credentials() const {
    return *settings_->credentials;
  }
  [[nodiscard]] AccountGate& gate() const { return *gate_; }
  [[nodiscard]] Pause& pause() { return pause_; }

  bool retired = false;         // No longer configured; ends when idle.
  bool listing_wanted = false;  // A page of the list waits for its turn.
  std::size_t in_flight = 0;
  std::uint64_t last_served = 0;  // Rank of the project's last request.
  Admission admission;            // As of the last look.
  bool reach_is_known = false;    // The queue was checked against the pacing.
  std::shared_ptr<const Error> throttled_by;  // The 429 of the last pause.
  bool held_back = false;                     // By a refusal, which was told.
  std::optional<SteadyTime> held_up_since;    // By pacing, with a queue.

 private:
  struct LongestUnasked {
    bool operator()(const Entry* a, const Entry* b) const {
      return std::pair(a->last_asked, a->order) <
             std::pair(b->last_asked, b->order);
    }
  };
  using Queue = std::pmr::set<Entry*, LongestUnasked>;

  std::shared_ptr<const ProjectSettings> settings_;
  std::shared_ptr<AccountGate> gate_;
  std::uint64_t generation_;
  std::optional<TokenBucket> bucket_;
  Pause pause_;
  std::optional<SteadyDuration> usual_answer_time_;
  // Each scrape fills and drains the queues. With nodes of their own it does
  // not leave its holes all over the heap, which ten thousand datasets feel.
  std::pmr::unsynchronized_pool_resource nodes_;
  Queue fresh_{&nodes_};
  Queue suspects_{&nodes_};
};

}  // namespace exporter
