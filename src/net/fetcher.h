// Is the one door through which the program reaches the network.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/transport.h"

namespace exporter {

struct HttpRequest {
  std::string method;  // "GET", "POST" or "PUT"
  std::string url;     // Whole, and already percent-encoded.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Deadline deadline;  // For the whole exchange, name lookup included.
  std::shared_ptr<const Transport> transport;  // Null: the defaults.
};

struct HttpReply {
  int status;  // As received: judging it is the caller's job.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  // The proxy that was asked in plain HTTP, and may have answered itself:
  // "proxy:3128"; empty: none.
  std::string proxy = {};
};

// The first header called `name`, whatever its case; empty if there is none.
std::string_view Header(const HttpReply& reply, std::string_view name);

// Carries many exchanges at once on one thread. Not safe for concurrent use:
// it belongs to the thread that runs the loop.
class Fetcher {
 public:
  using Ticket = std::uint64_t;
  // Gives the request back with what came of it, so that it is there once.
  using Done = std::function<void(Result<HttpReply>, HttpRequest)>;

  virtual ~Fetcher() = default;

  // Begins to send `request`. `done` is called exactly once, by the loop and
  // never from inside Start. Every status, 500 too, counts as success here.
  //
  // Errors: kTimeout   the deadline passed;
  //         kConnect   no reply: name lookup failed, refused, the line broke;
  //         kTls       the certificate or the handshake was refused;
  //         kTooLarge  the reply is larger than the fetcher allows.
  virtual Ticket Start(HttpRequest request, Done done) = 0;

  // Forgets the exchange at once, whatever state it is in; its `done` will not
  // be called. Unknown and finished tickets are ignored.
  virtual void Cancel(Ticket ticket) = 0;
};

}  // namespace exporter
