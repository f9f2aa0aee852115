#pragma once

#include <string>

#include "base/result.h"

namespace simulator {

struct Listener {
  int fd;               // Non-blocking; the caller closes it.
  std::string address;  // With the port it was given: "127.0.0.1:40123"
};

// Listens on `address`: "127.0.0.1:8080", "[::1]:0" or, on all addresses,
// ":8080".
// Errors: kConfig, when that is no address; kConnect, when it cannot be had.
exporter::Result<Listener> OpenListener(const std::string& address);

}  // namespace simulator
