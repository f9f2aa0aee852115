// The multi handle of libcurl, whose sockets wait in an epoll descriptor that
// it shares with others.

#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace exporter {

// Not safe for concurrent use.
class CurlLoop {
 public:
  // Keeps so many connections that are idle. The data of its events in `epoll`
  // is the socket. Both must outlive this object.
  CurlLoop(const Clock& clock, int epoll, std::size_t idle_connections);
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  void Add(CURL* easy);
  // Nothing if it is not in it.
  void Remove(CURL* easy);

  // When CarryIfDue has something to do, if it has.
  [[nodiscard]] std::optional<Deadline> DueAt() const { return timer_; }
  void CarryIfDue();

  // Goes on with a socket on which there were `events` of epoll.
  void Carry(curl_socket_t socket, std::uint32_t events);

  // One that ended; null if none has. Valid until the next call.
  const CURLMsg* NextEnded();

 private:
  static int OnSocket(CURL* easy, curl_socket_t socket, int interest,
                      void* self, void* known);
  static int OnTimer(CURLM* multi, long timeout_ms, void* self);

  const Clock& clock_;
  const int epoll_;
  CURLM* const multi_;
  std::optional<Deadline> timer_;  // When libcurl wants to be called.
};

}  // namespace exporter
