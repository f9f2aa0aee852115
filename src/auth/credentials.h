#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "net/fetcher.h"

namespace exporter {

// Proves to the API who we are: by a token, or by signing with an access key.
// Makes no request itself; it says which one it needs and is told the reply, so
// that every implementation is tested without a network.
//
// On every turn the owner of the loop does, in this order:
//   credentials.Refresh(now);
//   if (auto renewal = credentials.Renewal(now)) Start it, and at its end say
//     Renewed(reply, now), exactly once for each, failures included; then,
//     while it HasNextStep, likewise;
//   kReady: Prove the queries that wait, note Generation with each;
//   kPending: leave them waiting;  kNone: fail them with what Prove says.
// Whether a query that was answered 401 is to be called Refused, and whether a
// renewal may go now, is not decided here: see collect/admission.h.
//
// Not safe for concurrent use: it belongs to the thread that runs the loop.
class Credentials {
 public:
  // What kind of request a renewal is: the `operation` label of its metrics.
  enum class RenewalKind { kToken, kMetadata };

  struct RenewalRequest {
    HttpRequest request;  // Its deadline is unset: now + `timeout`, or sooner.
    RenewalKind kind = RenewalKind::kToken;
    std::chrono::milliseconds timeout{};  // > 0
  };

  enum class Readiness {
    kReady,    // Prove succeeds. A renewal may be wanted as well.
    kPending,  // Nothing valid yet; a renewal is wanted or on its way.
    kNone,     // Nothing valid: the last renewal failed, or there is none to
               // make. Prove says why.
  };

  virtual ~Credentials() = default;

  [[nodiscard]] virtual Readiness State(WallTime now) const = 0;

  // `request` with the headers that prove it.
  // Errors: kCredentials, with the reason, if State is not kReady.
  virtual Result<HttpRequest> Prove(HttpRequest request, WallTime now) = 0;

  // The request that renews what we hold, if that is wanted at `now`, however
  // lately one failed; none while one is on its way. What we hold stays in use
  // until it expires. A renewal may have several steps.
  virtual std::optional<RenewalRequest> Renewal(WallTime now) = 0;

  // `reply` came of it. What was wrong with it, if anything was.
  virtual std::optional<Error> Renewed(const Result<HttpReply>& reply,
                                       WallTime now) = 0;

  // Whether a renewal that has begun goes on: Renewal gives its next step now,
  // also after a failure, and nothing should hold that back.
  [[nodiscard]] virtual bool HasNextStep(WallTime /*now*/) const {
    return false;
  }

  // The API refused what proved `request`. Only that very token or key is given
  // up: a late refusal must not cost us a newer one. What cannot be renewed is
  // kept.
  virtual void Refused(const HttpRequest& request) = 0;

  // Looks for changes of the files behind it; at most once a second does that
  // cost more than a look at the time.
  virtual void Refresh(WallTime now) = 0;

  // Rises whenever what we hold is replaced by something else, however that
  // came about: what was refused before is then worth trying again. Also rises
  // when only what we renew with (a password) is replaced.
  [[nodiscard]] virtual std::uint64_t Generation() const = 0;

  // When what we hold ends; none if it does not, is not known, or is not there.
  // Lies in the past while it ended and could not be renewed.
  [[nodiscard]] virtual std::optional<WallTime> Expiry() const = 0;

  // What the cloud may lock after a few wrong tries.
  enum class Lockable {
    kNothing,
    kKey,       // What proves the queries.
    kPassword,  // What renewals are asked for with; queries lock nothing.
  };
  [[nodiscard]] virtual Lockable MayBeLocked() const = 0;

  // Rises when what we were given to prove ourselves with, a password say, is
  // replaced: what was refused before is then worth trying again.
  [[nodiscard]] virtual std::uint64_t SecretVersion() const {
    return Generation();
  }
};

}  // namespace exporter
