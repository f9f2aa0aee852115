// Turns bytes as they come from a client into requests. Pure: knows no socket.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "http/limits.h"
#include "http/request.h"

namespace exporter {

struct WholeRequest {
  ServeRequest request;
  bool keep_alive;    // The client wants to ask again on this connection.
  bool takes_chunks;  // It speaks HTTP/1.1.
};

// A request that is refused before anyone looks at what it asks. Where the next
// one would begin is not known: the connection has to end.
struct BadRequest {
  int status;       // 400, 411, 413, 414, 417, 431 or 505
  const char* why;  // For people; holds nothing that the client sent.
};

using ReadRequest = std::variant<WholeRequest, BadRequest>;

// Reads HTTP/1.1 and 1.0 strictly: lines end in CR LF, no folded headers, one
// Host in 1.1, a body only with a Content-Length. Costs O(1) for each byte, in
// whatever pieces they come. Not safe for concurrent use.
// Source: RFC 9112.
class RequestReader {
 public:
  explicit RequestReader(const RequestLimits& limits) : limits_(limits) {}

  void Append(std::string_view bytes) { buffer_ += bytes; }

  // The next request; none while more bytes are needed, which is never so with
  // more than head_bytes + body_bytes at hand. What follows a request stays
  // for the next call. REQUIRES: no BadRequest was returned before.
  std::optional<ReadRequest> Next();

  // Nothing of a request is at hand.
  [[nodiscard]] bool Empty() const { return buffer_.empty(); }

 private:
  std::optional<BadRequest> FindHeadEnd();

  RequestLimits limits_;
  std::string buffer_;
  std::size_t line_start_ = 0;  // Of the first line that is not whole yet.
  std::size_t scanned_ = 0;     // Bytes known to hold no end of that line.
  std::size_t lines_ = 0;
  bool skipped_ = false;       // An empty line before the request.
  std::size_t head_size_ = 0;  // 0: the empty line has not come yet.
  // From the head, until the body is there.
  std::optional<WholeRequest> pending_;
  std::size_t body_size_ = 0;
};

}  // namespace exporter
