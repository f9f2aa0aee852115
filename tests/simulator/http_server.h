// A small HTTP/1.1 server on one thread and one epoll, for thousands of
// connections at a few microseconds a request.

#pragma once

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "base/result.h"
#include "connection.h"
#include "server_clock.h"

namespace simulator {

class Handler {
 public:
  virtual ~Handler() = default;

  // Answers `request` in `reply`, which comes empty. The views in `request` die
  // with the call.
  virtual void Handle(const Request& request, Reply& reply) = 0;

  // Another client has connected.
  virtual void Connected() = 0;
};

// Not safe for concurrent use.
class HttpServer {
 public:
  // Both must outlive the server; `tls` may be null.
  HttpServer(Handler& handler, ServerClock& clock, SSL_CTX* tls);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Listens on `address`: "127.0.0.1:8080", "[::1]:0", ":8080"; port 0 picks
  // one. Returns what it listens on, e.g. "127.0.0.1:40123".
  // Errors: kConfig, when that is no address; kConnect, when it cannot be had.
  exporter::Result<std::string> Listen(const std::string& address);

  // Serves until SIGTERM or SIGINT, which every thread must have blocked.
  // REQUIRES: Listen succeeded.
  void Run();

 private:
  using Instant = std::chrono::steady_clock::time_point;
  struct Timer {
    Instant due;
    int fd;
    std::uint64_t exchange;  // Which one of that connection it was meant for.
    bool operator>(const Timer& other) const { return due > other.due; }
  };
  enum class Pending { kNothing, kFirstByte, kNextByte };  // By a timer.
  struct Slot {
    std::unique_ptr<Connection> connection;
    std::uint64_t exchange = 0;  // Unique over all slots and time.
    Pending pending = Pending::kNothing;
    bool wants_write = false;
  };

  void Watch(int fd, std::uint32_t events, int operation) const;
  int Wait(std::array<epoll_event, 256>& events) const;
  void Accept();
  void OnEvent(int fd, std::uint32_t events);
  void OnTimer(const Timer& timer);
  void RunTimers();

  // Answers what waits in the connection's buffer. May destroy it.
  void Serve(int fd);
  // Sends what can be sent; true once the exchange is over and the connection
  // lives. May destroy it.
  bool Send(int fd);
  void SetTimer(int fd, Pending pending, std::chrono::milliseconds delay);
  void Close(int fd);

  Handler& handler_;
  ServerClock& clock_;
  SSL_CTX* tls_;
  int epoll_ = -1;
  int listener_ = -1;
  int signals_ = -1;
  std::vector<Slot> slots_;  // By file descriptor.
  std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
  std::uint64_t last_exchange_ = 0;
  Request request_;  // Kept for their memory.
  Reply reply_;
};

}  // namespace simulator
