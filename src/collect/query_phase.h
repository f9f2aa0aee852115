// Says where the query of a dataset stands. docs/architecture.md tells when it
// moves from where to where; no other move is made.

#pragma once

#include <cstdint>

namespace exporter {

// Not safe for concurrent use.
class QueryPhase {
 public:
  enum class Phase : std::uint8_t {
    kIdle,     // Nobody waits.
    kQueued,   // Waits for its turn in the queue of its project.
    kAsked,    // A request is on its way.
    kResting,  // Waits before its retry.
  };

  [[nodiscard]] Phase Now() const { return now_; }
  [[nodiscard]] bool Is(Phase phase) const { return now_ == phase; }

  // Throws std::logic_error where the table has no such move.
  void MoveTo(Phase to);

 private:
  Phase now_ = Phase::kIdle;
};

}  // namespace exporter
