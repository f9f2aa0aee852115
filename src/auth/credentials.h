#pragma once

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
// Not safe for concurrent use: it belongs to the thread that runs the loop.
class Credentials {
 public:
  // What kind of request a renewal is: the `operation` label of its metrics.
  enum class RenewalKind { kToken, kMetadata };

  virtual ~Credentials() = default;

  // `request` with the headers that prove it.
  // Errors: kCredentials if there is nothing valid to prove it with.
  virtual Result<HttpRequest> Prove(HttpRequest request, WallTime now) = 0;

  // The request that renews what we hold, if a renewal is due at `now`; none
  // while one is on its way. What we hold stays in use until it expires.
  virtual std::optional<HttpRequest> Renewal(WallTime now) = 0;
  virtual void Renewed(const Result<HttpReply>& reply, WallTime now) = 0;

  // The API answered 401 to `request`. Only what proved that very request is
  // given up: a late refusal must not cost us a newer token.
  virtual void Refused(const HttpRequest& request) = 0;

  // Looks for changes of the files behind it; at most once a second does that
  // cost more than a look at the time.
  virtual void Refresh(WallTime now) = 0;

  // Rises whenever what we hold is replaced by something else, however that
  // came about: what was refused before is then worth trying again.
  [[nodiscard]] virtual std::uint64_t Generation() const = 0;

  // When what we hold ends; none if it does not, is not known, or is not there.
  [[nodiscard]] virtual std::optional<WallTime> Expiry() const = 0;

  // Whether the cloud may lock the account after a few wrong tries.
  [[nodiscard]] virtual bool MayLock() const = 0;

  // Of the request that Renewal gave last.
  [[nodiscard]] virtual RenewalKind KindOfRenewal() const = 0;
};

}  // namespace exporter
