#pragma once

#include <mutex>
#include <vector>

#include "base/file_descriptor.h"
#include "http/client_connection.h"
#include "http/connection_table.h"

namespace exporter {

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

  // Throws std::system_error when no descriptor is left.
  ReplyQueue();

  void Post(ConnectionId id, Reply reply);
  // An answer that no handler gave; the connection ends with it if `close`.
  void PostOwn(ConnectionId id, ServeResponse response, bool close = false);

  // What was posted since the last call, in order.
  std::vector<Posted> Take();
  // Drops what is posted from now on: nobody takes it any more.
  void Close();

  // Makes Socket() readable, as each Post does, until ClearWake.
  void Wake() const;
  void ClearWake() const;
  [[nodiscard]] const FileDescriptor& Socket() const { return wake_; }

 private:
  void Put(Posted posted);

  FileDescriptor wake_;

  std::mutex mutex_;  // Guards what follows.
  std::vector<Posted> posted_;
  bool is_closed_ = false;
};

}  // namespace exporter
