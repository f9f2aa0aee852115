// Serves routes over HTTP/1.1 to those who may ask: TLS, passwords and a rate
// limit where the web configuration wants them.

#pragma once

#include <prometheus/registry.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "access/access.h"
#include "access/dispatcher.h"
#include "access/route.h"
#include "base/clock.h"
#include "base/listen_address.h"
#include "base/result.h"
#include "http/limits.h"
#include "http/server.h"

namespace exporter {

struct WebServerOptions {
  std::vector<ListenAddress> addresses{};
  bool inherits_sockets = false;  // From systemd, in the place of addresses.
  // The exporter toolkit's schema; empty: plain HTTP for everybody.
  std::string web_config_file{};
  // Scrapes in hand at once, until their response is sent; one more gets 503.
  // 0: as many as there are connections.
  std::size_t max_requests = 40;
  ServerLimits limits{};
};

// Threads: one for all connections, one for passwords, one that watches the web
// configuration, at most 2 for pages and 4 for the bodies of scrapes. Not safe
// for concurrent use.
class WebServer {
 public:
  // Counts answers in `registry`, which must outlive this object.
  WebServer(WebServerOptions options, std::vector<Route> routes,
            prometheus::Registry& registry);
  // Cuts what is open, and waits for handlers that still run: whoever they wait
  // for has to let them go first. REQUIRES: no Route::Then is called any more.
  ~WebServer() = default;

  // Serves from here on. Returns the addresses as bound, e.g. "[::]:10877".
  // Throws as Server::Start does. REQUIRES: called once.
  // Errors: kConfig  an address cannot be bound, no socket is inherited, or the
  //                  web configuration is faulty, whose faults are logged.
  Result<std::vector<std::string>> Start();

  // As of Server; handlers that were cut off still run.
  void Drain(std::chrono::milliseconds limit) { server_.Drain(limit); }

 private:
  const std::string web_config_file_;
  const SystemClock clock_;
  AccessWatcher access_;
  Dispatcher dispatcher_;
  Server server_;  // Ends first: it asks the others.
};

}  // namespace exporter
