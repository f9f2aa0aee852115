#pragma once

#include <cstdint>
#include <string>

namespace exporter {

struct ListenAddress {
  std::string host;  // Name or IP address, IPv6 without brackets; empty: all.
  std::uint16_t port = 0;  // 0: the system picks one.

  bool operator==(const ListenAddress&) const = default;
};

}  // namespace exporter
