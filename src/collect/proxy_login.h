// Keeps a proxy from locking the user that we name to it: the password is tried
// as seldom as an access key while nothing has accepted it.

#pragma once

#include <memory>

#include "base/error.h"
#include "collect/breaker.h"
#include "collect/instant.h"
#include "collect/shared_limits.h"
#include "net/transport.h"

namespace exporter {

// Not safe for concurrent use.
class ProxyLogin {
 public:
  // What one request knows of the proxy's breaker that let it through.
  struct Pass {
    std::shared_ptr<Breaker> breaker;  // Null: there was none.
    Breaker::Pass of_breaker;
  };

  // `transport` may be null.
  void Apply(const Transport* transport, SharedLimits& shared);

  // Null: there is no proxy that may want them.
  [[nodiscard]] const Breaker* breaker() const { return breaker_.get(); }

  // Whether a request may tell something new of them.
  [[nodiscard]] bool IsUntried() const;

  // When a request may go through the proxy: at `now` or before, if at once.
  [[nodiscard]] SteadyTime NextAt(SteadyTime now) const;

  // A request goes. One of the next two follows.
  [[nodiscard]] Pass Enter(SteadyTime now);
  // `error`: null if it went well.
  static void Ended(const Pass& pass, const Error* error, SteadyTime now);
  // `error`: null if that says nothing.
  static void Abandoned(const Pass& pass, std::shared_ptr<const Error> error,
                        SteadyTime now);

 private:
  std::shared_ptr<Breaker> breaker_;
};

}  // namespace exporter
