#include "http/connection_loop.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/quiet_thread.h"

namespace exporter {
namespace {

using std::chrono::milliseconds;

// What an event is about: the wake-up, a listener by its index, a connection.
constexpr std::uint64_t kWakeId = 0;
constexpr std::uint64_t kFirstListenerId = 1;
constexpr std::uint64_t kFirstConnectionId = 1 << 16;

// As many as are accepted before those that are open get their turn.
constexpr std::size_t kAcceptsAtOnce = 64;
constexpr milliseconds kAcceptPause(100);

// False if the kernel lacks memory, or this user has fs.epoll.max_user_watches.
[[nodiscard]] bool Watch(const FileDescriptor& epoll, const FileDescriptor& fd,
                         std::uint32_t events, std::uint64_t id) {
  epoll_event event{.events = events, .data = {.u64 = id}};
  return epoll_ctl(epoll.Get(), EPOLL_CTL_ADD, fd.Get(), &event) == 0;
}

[[noreturn]] void ThrowErrno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// accept4 takes a descriptor before it looks for a client: that none is left
// does not say that anybody is there.
bool HasClientWaiting(const Listener& listener) {
  pollfd waiting{.fd = listener.socket.Get(), .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, 0) == 1;
}

bool WaitsForItsClient(const ClientConnection& connection) {
  return connection.phase() == ClientConnection::Phase::kHandshake ||
         connection.phase() == ClientConnection::Phase::kReading;
}

}  // namespace

ConnectionLoop::ConnectionLoop(const ServerOptions& options,
                               Server::OnRequest on_request, const Clock& clock)
    : options_(options),
      on_request_(std::move(on_request)),
      clock_(clock),
      replies_(std::make_shared<ReplyQueue>()),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      connections_(kFirstConnectionId) {
  if (!epoll_ || !Watch(epoll_, replies_->Socket(), EPOLLIN, kWakeId)) {
    ThrowErrno("epoll");
  }
}

ConnectionLoop::~ConnectionLoop() { Drain(clock_.SteadyNow()); }

void ConnectionLoop::Start(std::vector<Listener> listeners) {
  listeners_ = std::move(listeners);
  if (!Listen()) ThrowErrno("epoll");
  thread_ = StartQuietThread([this] { Run(); });
}

void ConnectionLoop::Drain(Deadline deadline) {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    drain_wanted_ = deadline;
  }
  replies_->Wake();
  thread_.join();
}

void ConnectionLoop::Run() {
  std::array<epoll_event, 256> events;
  for (;;) {
    TakePosted();
    CutOverdue();
    if (drains_until_ &&
        (connections_.Size() == 0 || clock_.SteadyNow() >= *drains_until_)) {
      break;
    }
    const int count =
        epoll_wait(epoll_.Get(), events.data(), static_cast<int>(events.size()),
                   WaitMilliseconds());
    for (int i = 0; i < count; ++i) {
      const std::uint64_t id = events.at(static_cast<std::size_t>(i)).data.u64;
      if (id == kWakeId) {
        replies_->ClearWake();
      } else if (id < kFirstConnectionId) {
        AcceptFrom(listeners_.at(id - kFirstListenerId), kAcceptsAtOnce);
      } else {
        Drive(id);
      }
    }
  }
  for (const ConnectionId id : connections_.Ids()) {
    connections_.Find(id)->Abort();
    connections_.Close(id);
  }
  replies_->Close();
}

// Until the next deadline, rounded up so that it has come by then; -1: forever.
int ConnectionLoop::WaitMilliseconds() const {
  std::optional<Deadline> next = connections_.NextDeadline();
  for (const auto& other : {accepts_again_, drains_until_}) {
    if (other && (!next || *other < *next)) next = other;
  }
  if (!next || *next == Deadline::max()) return -1;
  const auto wait = std::chrono::ceil<milliseconds>(*next - clock_.SteadyNow());
  return static_cast<int>(
      std::clamp(wait, milliseconds(0), milliseconds(60'000)).count());
}

bool ConnectionLoop::Listen() {
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    if (!Watch(epoll_, listeners_[i].socket, EPOLLIN, kFirstListenerId + i)) {
      return false;
    }
  }
  return true;
}

// Out of descriptors, say. The listeners would report the waiting client again
// and again: better not to look for a while.
void ConnectionLoop::StopAcceptingForNow() {
  if (accepts_again_) return;
  for (const Listener& listener : listeners_) {
    epoll_ctl(epoll_.Get(), EPOLL_CTL_DEL, listener.socket.Get(), nullptr);
  }
  accepts_again_ = clock_.SteadyNow() + kAcceptPause;
}

// Null closes the socket.
std::unique_ptr<Channel> ConnectionLoop::MakeChannel(
    const FileDescriptor& socket) {
  std::shared_ptr<SSL_CTX> tls = options_.tls ? options_.tls() : nullptr;
  return tls ? MakeTlsChannel(std::move(tls), tls_failures_, socket)
             : MakePlainChannel(socket);
}

void ConnectionLoop::MakeRoom() {
  if (const std::optional<ConnectionId> id = connections_.LeastMissed()) {
    connections_.Close(*id);
  }
}

void ConnectionLoop::AcceptFrom(const Listener& listener, std::size_t most) {
  for (std::size_t i = 0; i < most && !accepts_again_; ++i) {
    const bool is_full = connections_.Size() >= options_.limits.max_connections;
    if (is_full && !connections_.LeastMissed()) {
      StopAcceptingForNow();
      return;
    }
    FileDescriptor socket(accept4(listener.socket.Get(), nullptr, nullptr,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
          errno == ENOMEM) {
        if (!HasClientWaiting(listener)) return;
        MakeRoom();
        StopAcceptingForNow();
      }
      continue;  // Of this client only: it has gone already, for one.
    }
    if (is_full) MakeRoom();
    const int on = 1;
    setsockopt(socket.Get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::unique_ptr<Channel> channel = MakeChannel(socket);
    if (!channel) continue;
    const ConnectionId id = connections_.Add(std::make_unique<ClientConnection>(
        std::move(socket), std::move(channel), options_.limits,
        clock_.SteadyNow()));
    // Edge-triggered, and so never changed: a connection with its handler is
    // reported once when its client leaves, not forever.
    if (!Watch(epoll_, connections_.Find(id)->socket(),
               EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, id)) {
      connections_.Close(id);
      StopAcceptingForNow();
      return;
    }
    Drive(id);
  }
}

// Takes one request at most: a client that sends many in a row waits for its
// answer to come back through the queue, behind everybody else.
void ConnectionLoop::Drive(ConnectionId id) {
  ClientConnection* connection = connections_.Find(id);
  if (!connection) return;
  std::optional<ReadRequest> request = connection->Advance(clock_.SteadyNow());
  if (drains_until_ && WaitsForItsClient(*connection)) {
    connections_.Close(id);
    return;
  }
  connections_.Settle(id);
  if (!request) return;
  if (const auto* bad = std::get_if<BadRequest>(&*request)) {
    replies_->PostOwn(id, StatusResponse(bad->status, bad->why), true);
    return;
  }
  ServeRequest& whole = std::get<WholeRequest>(*request).request;
  whole.peer = connection->peer();
  on_request_(std::move(whole), Responder(replies_, id));
}

void ConnectionLoop::TakePosted() {
  std::optional<Deadline> drain;
  {
    const std::lock_guard lock(mutex_);
    drain = drain_wanted_;
  }
  if (drain && !drains_until_) {
    BeginDrain();
    drains_until_ = drain;
    for (const ConnectionId id : connections_.Ids()) Drive(id);
  }
  for (auto& [id, reply, is_own] : replies_->Take()) {
    ClientConnection* connection = connections_.Find(id);
    if (!connection) continue;
    if (is_own && options_.on_own_answer) {
      options_.on_own_answer(reply.response);
    }
    reply.close = reply.close || drains_until_.has_value();
    connection->Respond(std::move(reply), clock_.SteadyNow(), clock_.WallNow());
    Drive(id);
  }
}

void ConnectionLoop::BeginDrain() {
  accepts_again_.reset();
  // Clients that the kernel took in already see an answer, not a reset.
  for (const Listener& listener : listeners_) {
    AcceptFrom(listener, options_.limits.max_connections);
  }
  listeners_.clear();
  accepts_again_.reset();
}

void ConnectionLoop::CutOverdue() {
  const Deadline now = clock_.SteadyNow();
  while (const std::optional<ConnectionId> id = connections_.Overdue(now)) {
    ClientConnection* connection = connections_.Find(*id);
    if (connection->phase() == ClientConnection::Phase::kWriting)
      connection->Abort();
    connections_.Close(*id);
  }
  if (accepts_again_ && *accepts_again_ <= now) {
    accepts_again_.reset();
    if (!Listen()) StopAcceptingForNow();
  }
}

}  // namespace exporter
