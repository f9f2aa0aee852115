#pragma once

#include <functional>
#include <string>
#include <vector>

#include "http/request.h"
#include "http/response.h"

namespace exporter {

// Says what is done for a path: `handle` answers at once, `scrape` later.
// Requests come without their body: no route reads one.
struct Route {
  std::string path;                  // All of it: "/metrics".
  std::vector<std::string> methods;  // "GET" allows "HEAD" as well.
  std::string handler_label;  // For modelarts_exporter_http_requests_total.
  // Asked for without password or rate limit; answered at once, by the engine's
  // thread: `handle` must not block.
  bool open = false;

  // Called on a worker thread, by several at once; may block unless `open`. An
  // exception, here and below, is logged and answered with 500.
  std::function<ServeResponse(const ServeRequest&)> handle{};

  // Makes the response; called once, by few threads at once, so that a crowd of
  // scrapes does not take the memory of all their bodies.
  using Write = std::function<ServeResponse()>;
  // Takes a request on. Any thread may call it, once; to drop it answers 500.
  using Then = std::function<void(Write)>;

  // In the place of `handle`, for what takes its time: has others begin it, who
  // call `then` at its end. Counts against max_requests. Called by the engine's
  // thread or by that for passwords: must not block. Throws only if `then` was
  // not called, and will not be.
  std::function<void(const ServeRequest&, Then then)> scrape{};
};

}  // namespace exporter
