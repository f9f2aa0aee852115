// Who may ask: the gateway's check of tokens and signatures.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "counters.h"
#include "credential_store.h"
#include "locks.h"
#include "options.h"
#include "request.h"
#include "server_clock.h"
#include "signature.h"

namespace simulator {

struct Refusal {
  int status;
  std::string_view code;
  std::string message;
};

// Not safe for concurrent use. All must outlive it.
class GatewayAuth {
 public:
  GatewayAuth(const Options& options, AccessKeys& keys, Tokens& tokens,
              Counters& counters);

  // Why `request` for `project` is refused; none if it is not. Counts, and
  // locks keys that failed too often.
  std::optional<Refusal> Check(const Request& request, std::string_view project,
                               Time now);

 private:
  std::optional<Refusal> CheckToken(const Request& request,
                                    std::string_view project, Time now) const;
  std::optional<Refusal> CheckSignature(const Request& request, Time now);
  std::optional<Refusal> Verify(const Request& request, Time now,
                                const Authorization& authorization) const;

  const Options& options_;
  AccessKeys& keys_;
  Tokens& tokens_;
  Counters& counters_;
  Locks locks_;
};

}  // namespace simulator
