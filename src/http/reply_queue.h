#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/worker_pool.h"
#include "http/response.h"

namespace exporter {

class RawAnswer;

using ConnectionId = std::uint64_t;  // Never used twice.

// Of a body that is under way: the next bytes; none: they could not be made.
struct Piece {
  std::optional<std::string> bytes;
  bool is_last = false;
};

// What goes back to a client.
struct Reply {
  ServeResponse response;
  bool close = false;  // The connection ends with it, whatever the client said.
  // As Responder's `until_sent`.
  std::shared_ptr<void> ticket{};
  std::shared_ptr<RawAnswer> raw{};  // Instead of `response`.
  std::optional<Piece> piece{};      // Likewise.
  WorkerPool* makers = nullptr;      // Of response.rest.
};

// Answers on their way from any thread to the one that owns the connections.
// Those who answer share it, so that it may outlive that thread. Safe for
// concurrent use.
class ReplyQueue {
 public:
  struct Posted {
    ConnectionId id;
    Reply reply;
    bool is_own;  // The engine's, not a handler's.
  };

  // `deliver` is called by the thread that owns the connections. `pass_on`, by
  // any other, with a lock held, is to have it called.
  ReplyQueue(std::function<void(Posted&&)> deliver,
             std::function<void(Posted&&)> pass_on);

  // The caller owns the connections, until Close.
  void Open() { owner_ = std::this_thread::get_id(); }

  void Post(ConnectionId id, Reply&& reply);
  // An answer that no handler gave; the connection ends with it if `close`.
  void PostOwn(ConnectionId id, ServeResponse response, bool close = false);

  // Drops what is posted from now on: nobody takes it any more.
  void Close();

 private:
  void Put(Posted&& posted);

  const std::function<void(Posted&&)> deliver_;
  std::atomic<std::thread::id> owner_;
  std::mutex mutex_;
  std::function<void(Posted&&)>
      pass_on_;  // Guarded by mutex_. Null once closed.
};

}  // namespace exporter
