#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/body_source.h"

namespace exporter {

struct ServeResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};  // Also for HEAD, so that its length is known.
  // More headers; not Content-Type, Content-Length, Transfer-Encoding,
  // Connection or Date. Their values hold no control characters.
  std::vector<std::pair<std::string, std::string>> headers{};

  BodySource rest{};  // Of a large body: what follows `body`.
  // Of the whole, where HEAD asks for what has a rest.
  std::optional<std::uint64_t> whole_bytes{};
};

// "404 Not Found" and a newline as text, which is what most faults need.
ServeResponse StatusResponse(int status);

// The same with what is wrong: "400 Bad Request: parameter missing".
ServeResponse StatusResponse(int status, std::string_view why);

// The words for `status`, e.g. "Not Found"; "Unknown" for one that this server
// never sends.
std::string_view ReasonPhrase(int status);

// Status line and headers of `response`, with the empty line. The body has
// `body_bytes`; none: it ends as `response.headers` say, or with the
// connection. Without `keep_alive` it says that the connection ends.
std::string FormatHead(const ServeResponse& response,
                       std::optional<std::uint64_t> body_bytes, bool keep_alive,
                       std::string_view date);

}  // namespace exporter
