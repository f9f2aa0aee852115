#pragma once

#include <functional>
#include <string>
#include <vector>

#include "http/request.h"
#include "http/response.h"

namespace exporter {

// What is done for a path.
struct Route {
  std::string path;                  // All of it: "/metrics".
  std::vector<std::string> methods;  // "GET" allows "HEAD" as well.
  std::string handler_label;  // For modelarts_exporter_http_requests_total.
  // Asked for without password or rate limit; answered at once, by the engine's
  // thread: `handle` must not block.
  bool open = false;
  bool scrape = false;  // Counts against max_requests.

  // Called on a worker thread, by several at once; may block unless `open`. An
  // exception is logged and answered with 500.
  std::function<ServeResponse(const ServeRequest&)> handle;

  // In the place of `handle`, for answers that may be large: what it returns
  // makes the response, called once, by few threads at once, so that a crowd of
  // scrapes does not take the memory of all their bodies.
  using Write = std::function<ServeResponse()>;
  std::function<Write(const ServeRequest&)> prepare{};
};

}  // namespace exporter
