#pragma once

#include <chrono>
#include <cstddef>

namespace exporter {

// Says how large a request may be, and how it is read.
struct RequestLimits {
  std::size_t request_line_bytes = std::size_t{8} * 1024;  // More: 414.
  // Of request line and headers. More: 431.
  std::size_t head_bytes = std::size_t{64} * 1024;
  std::size_t headers = 100;                        // More: 431.
  std::size_t body_bytes = std::size_t{64} * 1024;  // More: 413.
  // Handlers get the target as it came, whatever it is, and no path or query.
  bool raw_targets = false;
};

// Says what one client may take, and all of them together.
struct ServerLimits {
  RequestLimits request{};
  // From accept, or from the first byte on a connection that was idle, to the
  // last byte of the request; TLS included. However the bytes come.
  std::chrono::milliseconds request_time = std::chrono::seconds(10);
  // For the client to take all of a response.
  std::chrono::milliseconds write_time = std::chrono::seconds(30);
  // Between two requests. Prometheus keeps its side for five minutes.
  std::chrono::milliseconds idle_time = std::chrono::minutes(5);
  // After the last response, for the client to take it and to hang up: closing
  // while it still sends would destroy what it has not read yet.
  std::chrono::milliseconds linger_time = std::chrono::seconds(1);
  // Open at once. Also at most three quarters of the file descriptors that the
  // process may have when the server starts.
  std::size_t max_connections = 4096;
};

}  // namespace exporter
