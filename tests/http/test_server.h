#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/worker_pool.h"
#include "http/server.h"
#include "support/raw_client.h"
#include "support/started_port.h"
#include "support/turnstile.h"

namespace exporter {

struct Route {
  std::string path;
  std::function<ServeResponse(const ServeRequest&)> handle;
  bool waits = false;  // Is handled on a thread of its own.
};

// The engine on a free port of 127.0.0.1; 404 for other paths.
class TestServer {
 public:
  explicit TestServer(std::vector<Route> routes, ServerOptions options = {})
      : routes_(std::move(routes)),
        server_(WithAddress(std::move(options)),
                [this](const ServeRequest& request, Responder responder) {
                  Handle(request, std::move(responder));
                }) {
    port_ = StartedPort(server_);
  }

  ~TestServer() {
    server_.Drain(std::chrono::milliseconds(0));
    for (std::thread& handler : handlers_) handler.join();
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  [[nodiscard]] std::uint16_t Port() const { return port_; }
  [[nodiscard]] RawClient Connect() const { return RawClient(port_); }
  void Drain(std::chrono::milliseconds limit) { server_.Drain(limit); }

 private:
  static ServerOptions WithAddress(ServerOptions options) {
    options.addresses = {{.host = "127.0.0.1", .port = 0}};
    return options;
  }

  void Handle(const ServeRequest& request, Responder responder) {
    const auto route = std::ranges::find(routes_, request.path, &Route::path);
    if (route == routes_.end()) {
      responder.Send(StatusResponse(404));
    } else if (route->waits) {
      handlers_.emplace_back(
          [route, request, to = std::move(responder)]() mutable {
            to.Send(route->handle(request));
          });
    } else {
      responder.Send(route->handle(request), nullptr, &makers_);
    }
  }

  const std::vector<Route> routes_;
  WorkerPool makers_{1};
  std::vector<std::thread> handlers_;  // Added by the engine's thread.
  Server server_;
  std::uint16_t port_ = 0;
};

// "/" answers at once.
inline Route PlainRoute(std::string path = "/", std::string body = "hello\n") {
  return {.path = std::move(path),
          .handle = [body = std::move(body)](const ServeRequest&) {
            return ServeResponse{.body = body};
          }};
}

inline Route TurnstileRoute(Turnstile& turnstile) {
  return {.path = "/metrics",
          .handle = [&](const ServeRequest&) { return turnstile.Pass(); },
          .waits = true};
}

}  // namespace exporter
