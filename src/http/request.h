// Holds what a client asked, as handlers see it.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exporter {

struct ServeRequest {
  std::string method;    // As received: "GET", "HEAD", "POST", ...
  std::string target{};  // As received: "/probe?project_id=p".
  std::string path;      // Decoded once; begins with "/", has no "." or ".."
                         // segment, no control character.
  std::vector<std::pair<std::string, std::string>> query;    // Decoded.
  std::vector<std::pair<std::string, std::string>> headers;  // As received.
  std::string body{};
  // Where the client is, as bytes to compare: its IPv4 address, or its IPv6
  // network, of which it may have all addresses. Empty behind a Unix socket.
  std::string peer{};

  // The values of all headers called `name`, whatever its case, joined by ", ";
  // empty if there is none.
  [[nodiscard]] std::string Header(std::string_view name) const;

  // The first value of the query parameter `name`; empty if there is none.
  [[nodiscard]] std::string_view Parameter(std::string_view name) const;

  // The name of a query parameter that is given more than once; none if there
  // is none.
  [[nodiscard]] std::optional<std::string_view> RepeatedParameter() const;
};

struct RequestTarget {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
};

// The target of a request line, e.g. "/probe?project_id=p" or
// "http://host/metrics". None if it is not one that an honest client sends: bad
// percent-encoding, a NUL, an encoded slash, a "." or ".." segment, a fragment.
// Source: RFC 9112, section 3.2.
std::optional<RequestTarget> ParseTarget(std::string_view target);

}  // namespace exporter
