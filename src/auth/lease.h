#pragma once

#include <chrono>
#include <optional>

#include "auth/credentials.h"
#include "base/clock.h"
#include "base/error.h"

namespace exporter {

// Keeps the times of something that is held until it ends and is renewed
// before: a token, a temporary key. Says whether a renewal is wanted, not
// whether it may go: collect/renewal_gate.h holds it back after one that was
// asked for failed.
//
// Not safe for concurrent use.
class Lease {
 public:
  // A renewal is wanted `ahead` of the end; when less than twice that is left
  // from the beginning, after half of the time; but never within a minute.
  explicit Lease(std::chrono::milliseconds ahead);

  // kNone if the last renewal failed and nothing valid is left.
  [[nodiscard]] Credentials::Readiness State(WallTime now) const;

  // Whether something is held that has not ended.
  [[nodiscard]] bool Holds(WallTime now) const;

  // Whether a renewal is wanted; not while one is on its way.
  [[nodiscard]] bool IsWanted(WallTime now) const;
  [[nodiscard]] bool OnItsWay() const { return on_its_way_; }

  // A renewal is on its way, and one of these is how it ends.
  void Begin();
  void Succeed(std::optional<WallTime> end, WallTime now);  // None: unknown.
  void Fail(Error why);
  void Abandon();  // It went wrong for a reason that is gone already.

  // What is held was refused, and is given up.
  void GiveUp();

  // When what is held ends, or ended; none if that is not known.
  [[nodiscard]] std::optional<WallTime> End() const;

  // Why the last renewal failed.
  [[nodiscard]] const Error& Why() const { return why_; }

 private:
  std::chrono::milliseconds ahead_;

  bool held_ = false;
  std::optional<WallTime> end_;
  WallTime renew_at_{};  // Counts while something is held.

  bool on_its_way_ = false;
  bool failed_ = false;  // The last one that ended, unless it was abandoned.
  Error why_;
};

}  // namespace exporter
