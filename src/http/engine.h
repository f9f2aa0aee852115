// Runs the thread that owns all connections.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "http/asio.h"
#include "http/channel.h"
#include "http/listener.h"
#include "http/reply_queue.h"
#include "http/server.h"
#include "http/session.h"
#include "http/tls_channel.h"

namespace exporter {

// Accepts, and runs a Session for each client, all on one thread, so that a
// client that is silent or slow costs its socket and nothing else: what Server
// promises is kept here. Start and Drain are for whoever owns it; the others
// are for the sessions.
class Engine {
 public:
  // `clock` must outlive this object. Throws std::system_error when the system
  // lacks descriptors.
  Engine(const ServerOptions& options, Server::OnRequest on_request,
         const Clock& clock);
  // Cuts what is open.
  ~Engine();

  // Starts the thread. Throws as the constructor does. REQUIRES: not started
  // before.
  void Start(std::vector<Listener> listeners);

  // Stops to listen, closes the connections that wait for their client, lets
  // the others finish until `deadline`, then cuts them. What has arrived by now
  // is still answered. Returns when all are closed.
  void Drain(Deadline deadline);

  // Has a request answered, or its refusal told: Session::Respond follows,
  // perhaps before this returns.
  void Handle(const Session& session, ReadRequest&& request);

  // Has the next piece of a body made in the memory of `sent`, the one before:
  // Session::Respond follows, or Session::Cut where that fails.
  void Make(const Session& session, BodySource rest, std::string sent,
            WorkerPool& makers);

  // Has `makers` let go of the rest of a body that nobody takes any more: what
  // it is made of may be large. Until then `ticket` is held.
  static void Drop(BodySource&& rest, WorkerPool& makers,
                   std::shared_ptr<void>&& ticket);

  // To be told of the session's new deadline.
  void NoteDeadline(const Session& session);

  [[nodiscard]] const ServerLimits& Limits() const { return options_.limits; }
  [[nodiscard]] bool IsDraining() const { return drains_until_.has_value(); }
  [[nodiscard]] Deadline Now() const { return clock_.SteadyNow(); }
  // What the Date header says now. Valid until the next call.
  std::string_view Date();

 private:
  // A listener's socket, and when to look at it again.
  struct Door {
    TcpAcceptor acceptor;
    Timer pause;
  };
  struct Entry {
    std::shared_ptr<Session> session;
    Deadline noted;  // Where it stands in by_deadline_: there, or earlier.
  };

  void Run();
  Task<void> AcceptAtAll(Door& door);
  [[nodiscard]] bool AcceptFrom(Door& door, std::size_t most);
  [[nodiscard]] bool Admit(FileDescriptor socket);
  [[nodiscard]] std::optional<ConnectionId> LeastMissed();
  [[nodiscard]] bool Postpone(ConnectionId id);
  void Move(ConnectionId id, Deadline& noted, Deadline deadline);
  void MakeRoom();
  Task<void> CutOverdue();
  void BeginDrain(Deadline deadline);
  void Deliver(ReplyQueue::Posted&& posted);
  void Cut(ConnectionId id);
  void Forget(ConnectionId id);

  const ServerOptions options_;
  const Server::OnRequest on_request_;
  const Clock& clock_;
  boost::asio::io_context loop_;
  const std::shared_ptr<ReplyQueue> replies_;
  TlsFailureLog tls_failures_;
  std::thread thread_;

  // What follows belongs to thread_.
  std::vector<std::unique_ptr<Door>> doors_;
  ConnectionId next_id_ = 1;
  std::unordered_map<ConnectionId, Entry> sessions_;  // Those that are open.
  std::set<std::pair<Deadline, ConnectionId>> by_deadline_;
  Timer cutter_;  // At the first deadline, or earlier.
  std::optional<Deadline> drains_until_;
  std::chrono::sys_seconds dated_{};
  std::string date_;
};

}  // namespace exporter
