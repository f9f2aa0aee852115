// Serves routes over HTTP/1.1 to those who may ask: TLS, passwords and a rate
// limit where the web configuration wants them.

#pragma once

#include <prometheus/registry.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "access/route.h"
#include "base/clock.h"
#include "base/listen_address.h"
#include "base/result.h"
#include "http/client_connection.h"
#include "http/tls_channel.h"

namespace exporter {

class AccessWatcher;
class Dispatcher;
class ConnectionLoop;

struct WebServerOptions {
  std::vector<ListenAddress> addresses{};
  // The exporter toolkit's schema; empty: plain HTTP for everybody.
  std::string web_config_file{};
  // Scrapes in hand at once, until their response is sent; one more gets 503.
  std::size_t max_requests = 40;
  // Open at once. Also at most three quarters of the file descriptors that the
  // process may have when it starts.
  std::size_t max_connections = 4096;
  ConnectionLimits limits{};
};

// Threads: one for all connections, one for passwords, one that watches the web
// configuration, at most max_requests + 6 for handlers. Not safe for concurrent
// use.
class WebServer {
 public:
  // Counts answers in `registry`, which must outlive this object.
  WebServer(WebServerOptions options, std::vector<Route> routes,
            prometheus::Registry& registry);
  // Cuts what is open, and waits for handlers that still run: whoever they wait
  // for has to let them go first.
  ~WebServer();

  // Serves from here on. Returns the addresses as bound, e.g. "[::]:10877".
  // REQUIRES: called once.
  // Errors: kConfig  an address cannot be bound, or the web configuration is
  //                  faulty, whose faults are logged.
  Result<std::vector<std::string>> Start();

  // Stops to accept, closes idle connections, finishes what is in hand within
  // `limit`, then cuts it. Returns as soon as that is done; handlers that were
  // cut off still run.
  void Drain(std::chrono::milliseconds limit);

 private:
  WebServerOptions options_;
  SystemClock clock_;
  std::unique_ptr<AccessWatcher> access_;
  TlsFailureLog tls_failures_;
  // The loop outlives the dispatcher, whose threads answer to it.
  std::unique_ptr<ConnectionLoop> loop_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

}  // namespace exporter
