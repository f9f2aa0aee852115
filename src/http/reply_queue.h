#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "http/response.h"

namespace exporter {

using ConnectionId = std::uint64_t;  // Never used twice.

// What goes back to a client.
struct Reply {
  ServeResponse response;
  bool close = false;  // The connection ends with it, whatever the client said.
  // Released once the response is written or the client is gone.
  std::shared_ptr<void> ticket{};
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

  // `put` is called with a lock held, by whoever posts: may only pass on.
  explicit ReplyQueue(std::function<void(Posted)> put);

  void Post(ConnectionId id, Reply reply);
  // An answer that no handler gave; the connection ends with it if `close`.
  void PostOwn(ConnectionId id, ServeResponse response, bool close = false);

  // Drops what is posted from now on: nobody takes it any more.
  void Close();

 private:
  void Put(Posted posted);

  std::mutex mutex_;
  std::function<void(Posted)> put_;  // Guarded by mutex_. Null once closed.
};

}  // namespace exporter
