#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace exporter {

struct HttpAnswer {
  int status = 0;  // 0: none came.
  std::string body;
  std::map<std::string, std::string> headers;  // By name, as sent.

  // "(none)" without it.
  [[nodiscard]] std::string Header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "(none)" : found->second;
  }
};

// Asks 127.0.0.1 as a client does that is not ours, cpp-httplib, on a
// connection of its own. What has to be malformed, late or in pieces is for
// RawClient.
HttpAnswer HttpGet(std::uint16_t port, const std::string& target,
                   const std::multimap<std::string, std::string>& headers = {});

}  // namespace exporter
