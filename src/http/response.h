#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exporter {

// Takes a body piece by piece.
using BodySink = std::function<void(std::string_view piece)>;

struct ServeResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body{};  // Also for HEAD, so that its length is known.
  // More headers; not Content-Type, Content-Length, Connection or Date. Their
  // values hold no control characters.
  std::vector<std::pair<std::string, std::string>> headers{};

  // Of a large body, instead of `body`: writes it into `sink`. Encode calls it,
  // and where the client takes gzip the whole is never in memory.
  std::function<void(const BodySink& sink)> write_body{};
  std::size_t expected_bytes = 0;  // That it writes; better more than fewer.
};

// "404 Not Found" and a newline as text, which is what most faults need.
ServeResponse StatusResponse(int status);

// The same with what is wrong: "400 Bad Request: parameter missing".
ServeResponse StatusResponse(int status, std::string_view why);

// The words for `status`, e.g. "Not Found"; "Unknown" for one that this server
// never sends.
std::string_view ReasonPhrase(int status);

// Status line and headers of `response`, with the empty line. The body has
// `body_bytes`; none: it ends with the connection. Without `keep_alive` it says
// that the connection ends.
std::string FormatHead(const ServeResponse& response,
                       std::optional<std::uint64_t> body_bytes, bool keep_alive,
                       std::string_view date);

}  // namespace exporter
