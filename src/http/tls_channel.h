#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/clock.h"
#include "http/channel.h"

using SSL_CTX = struct ssl_ctx_st;

namespace exporter {

// Tells the log which clients TLS failed with, and why. Somebody will look
// there for why Prometheus cannot scrape, and a scanner of ports must not fill
// it: one line a minute is a warning, the others are for debugging. Safe for
// concurrent use.
class TlsFailureLog {
 public:
  void Tell(std::string client, std::string error);

 private:
  std::atomic<Deadline> next_warning_ = Deadline::min();
};

// The server's side of TLS on `socket`, as in MakePlainChannel. `failures` must
// outlive the channel. Null when there is no memory.
std::unique_ptr<Channel> MakeTlsChannel(std::shared_ptr<SSL_CTX> context,
                                        TlsFailureLog& failures, int socket);

}  // namespace exporter
