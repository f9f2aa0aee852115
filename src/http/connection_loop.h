// The thread that owns all connections.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/file_descriptor.h"
#include "http/client_connection.h"
#include "http/connection_table.h"
#include "http/listener.h"

namespace exporter {

// Accepts, reads, writes and cuts on one thread with epoll, so that a client
// that is silent or slow costs its socket and nothing else. What a request
// means is decided elsewhere, and may take its time there.
//
// With max_connections open, each new one closes the one that waits for its
// client and would be cut soonest; only clients that are being answered are
// safe. So a crowd of silent ones keeps nobody out.
//
// Answer is safe for concurrent use; the rest belongs to one thread.
class ConnectionLoop {
 public:
  // Makes the channel of a socket that was accepted, which outlives it. Null
  // closes the socket.
  using MakeChannel =
      std::function<std::unique_ptr<Channel>(const FileDescriptor& socket)>;
  // Called by the loop's thread, which waits meanwhile: it must be quick. Has
  // to end in one Answer for this id, from any thread, at any time. `peer` is
  // that of the ClientConnection.
  using OnRequest =
      std::function<void(ConnectionId, const std::string& peer, ReadRequest)>;

  // `clock` must outlive this object.
  ConnectionLoop(const ConnectionLimits& limits, std::size_t max_connections,
                 MakeChannel make_channel, OnRequest on_request,
                 const Clock& clock);
  // Cuts what is open.
  ~ConnectionLoop();

  // Starts the thread. REQUIRES: not started before.
  void Start(std::vector<Listener> listeners);

  // Sends `reply` to the client that asked; ignored if it is gone.
  void Answer(ConnectionId id, Reply reply);

  // Stops to listen, closes the connections that wait for their client, lets
  // the others finish until `deadline`, then cuts them. What has arrived by now
  // is still answered. Returns when all are closed.
  void Drain(Deadline deadline);

 private:
  struct Posted {
    ConnectionId id;
    Reply reply;
  };

  void Run();
  [[nodiscard]] int WaitMilliseconds() const;
  void AcceptFrom(const Listener& listener, std::size_t most);
  void MakeRoom();
  void StopAcceptingForNow();
  [[nodiscard]] bool Listen();
  void Drive(ConnectionId id);
  void TakePosted();
  void CutOverdue();
  void BeginDrain();
  void Wake() const;

  const ConnectionLimits limits_;
  const std::size_t max_connections_;
  const MakeChannel make_channel_;
  const OnRequest on_request_;
  const Clock& clock_;
  FileDescriptor epoll_;
  FileDescriptor wake_;
  std::thread thread_;

  // What follows belongs to thread_.
  std::vector<Listener> listeners_;
  ConnectionTable connections_;
  std::optional<Deadline> accepts_again_;  // Not accepting until then.
  std::optional<Deadline> drains_until_;

  std::mutex mutex_;
  std::vector<Posted> posted_;
  std::optional<Deadline> drain_wanted_;
};

}  // namespace exporter
