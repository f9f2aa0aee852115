#pragma once

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "access/web_server.h"
#include "support/http_get.h"
#include "support/raw_client.h"
#include "support/started_port.h"
#include "support/turnstile.h"

namespace exporter {

// A server on a free port of 127.0.0.1.
class TestServer {
 public:
  explicit TestServer(std::vector<Route> routes,
                      const std::string& web_config_file)
      : TestServer(std::move(routes),
                   WebServerOptions{.web_config_file = web_config_file}) {}

  explicit TestServer(std::vector<Route> routes, WebServerOptions options = {})
      : server_(WithAddress(std::move(options)), std::move(routes), registry) {
    port_ = StartedPort(server_);
  }

  [[nodiscard]] std::uint16_t Port() const { return port_; }
  [[nodiscard]] RawClient Connect() const { return RawClient(port_); }
  [[nodiscard]] HttpAnswer Get(
      const std::string& target,
      const std::multimap<std::string, std::string>& headers = {}) const {
    return HttpGet(port_, target, headers);
  }
  void Drain(std::chrono::milliseconds limit) { server_.Drain(limit); }

  // modelarts_exporter_http_requests_total for these labels; -1 without them.
  [[nodiscard]] double Count(const std::string& handler,
                             const std::string& code) const {
    for (const auto& family : registry.Collect()) {
      for (const auto& metric : family.metric) {
        int matches = 0;
        for (const auto& label : metric.label) {
          matches += (label.name == "handler" && label.value == handler) ||
                     (label.name == "code" && label.value == code);
        }
        if (matches == 2) return metric.counter.value;
      }
    }
    return -1;
  }

  prometheus::Registry registry;

 private:
  static WebServerOptions WithAddress(WebServerOptions options) {
    options.addresses = {{.host = "127.0.0.1", .port = 0}};
    return options;
  }

  WebServer server_;
  std::uint16_t port_ = 0;
};

// "/" answers at once, with the path that was asked for.
inline Route PlainRoute(std::string path = "/", std::string body = "hello\n") {
  return {.path = std::move(path),
          .methods = {"GET"},
          .handler_label = "plain",
          .handle = [body = std::move(body)](const ServeRequest&) {
            return ServeResponse{.body = body};
          }};
}

// The same for a route that is a scrape.
inline Route PlainScrape(std::string path, std::string body) {
  Route route = PlainRoute(std::move(path), std::move(body));
  route.scrape = [handle = std::exchange(route.handle, nullptr)](
                     const ServeRequest& request, const Route::Then& then) {
    then([&handle, &request] { return handle(request); });
  };
  return route;
}

inline Route TurnstilePage(Turnstile& turnstile) {
  return {.path = "/metrics",
          .methods = {"GET"},
          .handler_label = "metrics",
          .handle = [&](const ServeRequest&) { return turnstile.Pass(); }};
}

inline Route TurnstileScrape(Turnstile& turnstile) {
  return {.path = "/metrics",
          .methods = {"GET"},
          .handler_label = "metrics",
          .scrape = [&](const ServeRequest&, const Route::Then& then) {
            then([&] { return turnstile.Pass(); });
          }};
}

}  // namespace exporter
