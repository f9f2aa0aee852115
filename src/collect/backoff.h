// Says how long what failed is left alone: a minute after an answer that a
// person has to mend (400, 401, 403, 404, ...), else 1 s, 2 s, 4 s, ... up to
// one minute; or as long as the other side asks for, at least 1 s. Without
// jitter: it is for renewals, which are few, and one serves all queries.

#pragma once

#include <chrono>
#include <optional>

#include "base/error.h"
#include "collect/instant.h"

namespace exporter {

// Pure. Not safe for concurrent use.
class Backoff {
 public:
  // When one more may go; in the past, if at once.
  [[nodiscard]] SteadyTime NextAt() const { return not_before_; }

  // It went well; the next one may go a second later, since what ends as soon
  // as it is given must not be asked for without a pause.
  void Succeeded(SteadyTime now);
  // `retry_after`: what the other side asks for.
  void Failed(const Error& error,
              std::optional<std::chrono::milliseconds> retry_after,
              SteadyTime now);
  // A step of several failed: the pause after all of them is no shorter than
  // after this one.
  void StepFailed(const Error& error,
                  std::optional<std::chrono::milliseconds> retry_after,
                  SteadyTime now);

  // What it brought is of no use: unless it failed, one more may go.
  void NeededAgain(SteadyTime now) {
    if (failures_ == 0) not_before_ = now;
  }

 private:
  SteadyTime not_before_{};
  unsigned failures_ = 0;  // Since it went well.
};

}  // namespace exporter
