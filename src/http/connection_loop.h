// The thread that owns all connections.

#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/file_descriptor.h"
#include "http/channel.h"
#include "http/connection_table.h"
#include "http/listener.h"
#include "http/reply_queue.h"
#include "http/server.h"
#include "http/tls_channel.h"

namespace exporter {

// Accepts, reads, writes and cuts on one thread with epoll, so that a client
// that is silent or slow costs its socket and nothing else: what Server
// promises is kept here. Belongs to one thread.
class ConnectionLoop {
 public:
  // `clock` must outlive this object. Throws std::system_error when the system
  // lacks descriptors.
  ConnectionLoop(const ServerOptions& options, Server::OnRequest on_request,
                 const Clock& clock);
  // Cuts what is open.
  ~ConnectionLoop();

  // Starts the thread. REQUIRES: not started before.
  void Start(std::vector<Listener> listeners);

  // Stops to listen, closes the connections that wait for their client, lets
  // the others finish until `deadline`, then cuts them. What has arrived by now
  // is still answered. Returns when all are closed.
  void Drain(Deadline deadline);

 private:
  void Run();
  [[nodiscard]] int WaitMilliseconds() const;
  void AcceptFrom(const Listener& listener, std::size_t most);
  [[nodiscard]] std::unique_ptr<Channel> MakeChannel(
      const FileDescriptor& socket);
  void MakeRoom();
  void StopAcceptingForNow();
  [[nodiscard]] bool Listen();
  void Drive(ConnectionId id);
  void TakePosted();
  void CutOverdue();
  void BeginDrain();

  const ServerOptions options_;
  const Server::OnRequest on_request_;
  const Clock& clock_;
  const std::shared_ptr<ReplyQueue> replies_;
  FileDescriptor epoll_;
  TlsFailureLog tls_failures_;
  std::thread thread_;

  // What follows belongs to thread_.
  std::vector<Listener> listeners_;
  ConnectionTable connections_;
  std::optional<Deadline> accepts_again_;  // Not accepting until then.
  std::optional<Deadline> drains_until_;

  std::mutex mutex_;
  std::optional<Deadline> drain_wanted_;  // Guarded by mutex_.
};

}  // namespace exporter
