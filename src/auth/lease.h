#pragma once

#include <chrono>
#include <optional>

#include "auth/credentials.h"
#include "base/clock.h"
#include "base/error.h"

namespace exporter {

// The times of something that is held until it ends and is renewed before: a
// token, a temporary key. Says when to ask for the next one, and how long to
// hold back after a failure:
//   refused (400, 401, 403, 404, ...)   one minute: a person has to act;
//   no reply, 429, 5xx, nonsense        1 s, 2 s, 4 s, ... up to one minute.
// Without jitter: renewals are few, and one serves all queries. IamPassword
// asks IsWanted alone, which no pause holds back: whoever carries out its
// logins paces them, by what they cost the account.
//
// Not safe for concurrent use.
class Lease {
 public:
  // A renewal is due `ahead` of the end; when less than twice that is left from
  // the beginning, after half of the time; but never within a minute.
  explicit Lease(std::chrono::milliseconds ahead);

  [[nodiscard]] Credentials::Readiness State(WallTime now) const;

  // Whether something is held that has not ended.
  [[nodiscard]] bool Holds(WallTime now) const;

  // Whether a renewal is wanted; not while one is on its way.
  [[nodiscard]] bool IsWanted(WallTime now) const;
  // Likewise, and no failure holds it back.
  [[nodiscard]] bool Due(WallTime now) const;
  [[nodiscard]] bool OnItsWay() const { return on_its_way_; }

  // A renewal is on its way, and one of these is how it ends.
  void Begin();
  void Succeed(std::optional<WallTime> end, WallTime now);  // None: unknown.
  // `retry_after`: what the other side asked for.
  void Fail(Error why, WallTime now,
            std::optional<std::chrono::milliseconds> retry_after = {});
  void Abandon();  // It went wrong for a reason that is gone already.

  // What is held was refused. Gives it up, unless it took the place of
  // something refused less than a minute ago.
  void Refuse(WallTime now);

  // There is something new to renew with: no failure counts any more.
  void ForgetFailures();

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
  int failures_ = 0;  // Since the last success.
  WallTime not_before_{};
  std::chrono::milliseconds longest_wait_;
  Error why_;

  std::optional<WallTime> given_up_;
};

}  // namespace exporter
