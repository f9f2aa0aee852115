// The engine takes connections, reads requests and sends answers over HTTP/1.1
// and 1.0. What is asked, and who may ask it, is decided elsewhere.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/listen_address.h"
#include "base/result.h"
#include "base/worker_pool.h"
#include "http/limits.h"
#include "http/request.h"
#include "http/response.h"

using SSL_CTX = struct ssl_ctx_st;

namespace exporter {

class Engine;
class RawAnswer;
class ReplyQueue;

// The right and the duty to answer one request. One that is dropped answers
// 500; one whose client is gone does nothing. Any thread may use it, at any
// time, even after the server is gone; not two at once.
class Responder {
 public:
  // For the engine alone.
  Responder(std::shared_ptr<ReplyQueue> replies, std::uint64_t connection);
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&&) = delete;
  ~Responder();

  // `until_sent` is let go of once the client has all of the response, or is
  // gone and so is the rest. Where there is a rest, `makers` are to make it and
  // to destroy it, which must outlive the server. REQUIRES: called at most
  // once.
  void Send(ServeResponse response, std::shared_ptr<void> until_sent = nullptr,
            WorkerPool* makers = nullptr);

  // The same by bytes of the handler's own. REQUIRES: as above.
  // Source: http/session.h.
  void Send(std::shared_ptr<RawAnswer> answer);

 private:
  std::shared_ptr<ReplyQueue> replies_;  // Null once answered.
  std::uint64_t connection_;
};

struct ServerOptions {
  std::vector<ListenAddress> addresses{};
  bool inherits_sockets = false;  // From systemd, in the place of addresses.
  ServerLimits limits{};
  // What the Date header says; no function: the time.
  std::function<WallTime()> date{};
  // What a connection that was just accepted speaks TLS with; null, or no
  // function: it speaks none.
  std::function<std::shared_ptr<SSL_CTX>()> tls{};
  // Told of what the engine answers by itself: a request that it refused, a
  // Responder that was dropped. May add headers.
  std::function<void(ServeResponse&)> on_own_answer{};
};

// One thread accepts, reads, writes and cuts, so that a client that is silent
// or slow costs its socket and nothing else. It promises:
//
// - Requests are read strictly (RequestReader), within the limits, and refused
//   with 400, 411, 413, 414, 417, 431 or 505, after which the connection ends.
// - Every time is absolute: bytes that drip do not prolong it. Of a body that
//   has a rest, a piece is made when the client has the one before, however
//   long that takes; only what it takes the client counts. The length is not
//   known then: such a body is chunked, or in HTTP/1.0 ends with the
//   connection, and is cut where a piece cannot be made.
// - Pipelined requests are answered in their order, one at a time.
// - With max_connections open, or without a file descriptor left, the next
//   client takes the place of the one that waits for its own client and would
//   be cut soonest; those that are being answered keep theirs. So a crowd of
//   silent clients keeps nobody out, and none is closed while nobody waits.
// - A client that resets its connection gives its place back at once, even
//   while it is being answered. Who only ends his side gets his answer.
// - A drain answers what the kernel has taken in by then, and closes the rest.
//
// Not safe for concurrent use.
class Server {
 public:
  // Called by the engine's thread, which waits meanwhile, as are the functions
  // of the options: must be quick, and throw nothing.
  using OnRequest = std::function<void(ServeRequest, Responder)>;

  Server(ServerOptions options, OnRequest on_request);
  // Cuts what is open; nothing is called any more.
  ~Server();

  // Serves from here on. Returns the addresses as bound, e.g. "[::]:10877".
  // Throws std::system_error where the system lacks descriptors or threads.
  // REQUIRES: called once.
  // Errors: kConfig  an address cannot be bound, or no socket is inherited.
  Result<std::vector<std::string>> Start();

  // Stops to accept, closes idle connections, finishes what is in hand within
  // `limit`, then cuts it. Returns as soon as that is done.
  void Drain(std::chrono::milliseconds limit);

 private:
  ServerOptions options_;
  OnRequest on_request_;
  SystemClock clock_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace exporter
