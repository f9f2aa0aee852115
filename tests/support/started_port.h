#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace exporter {

// Starts `server`, and returns the port that it got; 0 if it got none.
template <typename AnyServer>
std::uint16_t StartedPort(AnyServer& server) {
  const auto bound = server.Start();
  if (!bound) {
    ADD_FAILURE() << bound.error().message;
    return 0;
  }
  const std::string& address = bound->front();
  return static_cast<std::uint16_t>(
      std::stoul(address.substr(address.rfind(':') + 1)));
}

}  // namespace exporter
