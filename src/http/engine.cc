#include "http/engine.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>

#include "base/log.h"
#include "base/quiet_thread.h"
#include "base/time_format.h"

namespace exporter {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// As many as are accepted before those that are open get their turn.
constexpr std::size_t kAcceptsAtOnce = 64;
constexpr std::chrono::milliseconds kAcceptPause(100);

// accept4 takes a descriptor before it looks for a client: that none is left
// does not say that anybody is there.
bool HasClientWaiting(int listener) {
  pollfd waiting{.fd = listener, .events = POLLIN, .revents = 0};
  return poll(&waiting, 1, 0) == 1;
}

void Rethrow(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

Piece NextOf(const BodySource& rest, std::string bytes) {
  try {
    bytes.clear();
    const bool is_last = !rest(bytes);
    return {std::move(bytes), is_last};
  } catch (const std::exception& error) {
    Log(LogLevel::kError, "an answer broke off", {{"err", error.what()}});
    return {};
  }
}

// Gives `socket` to `watched`. Fails if the kernel lacks memory, or this user
// has fs.epoll.max_user_watches.
template <typename Watched>
[[nodiscard]] error_code Watch(FileDescriptor socket, Watched& watched) {
  error_code error;
  // The family matters to those alone who ask Asio to bind or connect.
  watched.assign(asio::ip::tcp::v6(), socket.Get(), error);
  if (!error) (void)socket.Release();
  return error;
}

}  // namespace

Engine::Engine(const ServerOptions& options, Server::OnRequest on_request,
               const Clock& clock) try
    : options_(options),
      on_request_(std::move(on_request)),
      clock_(clock),
      loop_(1),
      replies_(std::make_shared<ReplyQueue>(
          [this](ReplyQueue::Posted&& posted) { Deliver(std::move(posted)); },
          [this](ReplyQueue::Posted&& posted) {
            asio::post(loop_, [this, posted = std::move(posted)]() mutable {
              Deliver(std::move(posted));
            });
          })),
      cutter_(loop_) {
} catch (const boost::system::system_error& lacking) {
  throw std::system_error(lacking.code(), "the HTTP server");
}

Engine::~Engine() { Drain(Now()); }

void Engine::Start(std::vector<Listener> listeners) {
  for (Listener& listener : listeners) {
    doors_.push_back(std::make_unique<Door>(
        Door{.acceptor = TcpAcceptor(loop_), .pause = Timer(loop_)}));
    TcpAcceptor& acceptor = doors_.back()->acceptor;
    if (const auto error = Watch(std::move(listener.socket), acceptor)) {
      throw std::system_error(error, "the HTTP server");
    }
  }
  for (const auto& door : doors_) {
    asio::co_spawn(loop_, AcceptAtAll(*door), Rethrow);
  }
  asio::co_spawn(loop_, CutOverdue(), Rethrow);
  thread_ = StartQuietThread([this] { Run(); });
}

void Engine::Drain(Deadline deadline) {
  if (!thread_.joinable()) return;
  asio::post(loop_, [this, deadline] { BeginDrain(deadline); });
  thread_.join();
}

void Engine::Run() {
  replies_->Open();
  loop_.run();  // Until nobody waits for anything any more.
  replies_->Close();
  // What was posted meanwhile finds its client gone.
  loop_.restart();
  loop_.poll();
}

Task<void> Engine::AcceptAtAll(Door& door) {
  error_code ignored;
  while (!IsDraining()) {
    co_await Wait(door.acceptor, TcpAcceptor::wait_read, ignored);
    if (IsDraining() || AcceptFrom(door, kAcceptsAtOnce)) continue;
    door.pause.expires_after(kAcceptPause);
    co_await Wait(door.pause, ignored);
  }
}

// False if none can be accepted for now. Whoever waits would be reported again
// and again: better not to look for a while.
bool Engine::AcceptFrom(Door& door, std::size_t most) {
  const int listener = door.acceptor.native_handle();
  for (std::size_t i = 0; i < most; ++i) {
    const bool is_full = sessions_.size() >= options_.limits.max_connections;
    if (is_full && !LeastMissed()) return false;
    FileDescriptor socket(
        accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
          errno == ENOMEM) {
        if (!HasClientWaiting(listener)) return true;
        MakeRoom();
        return false;
      }
      continue;  // Of this client only: it has gone already, for one.
    }
    if (is_full) MakeRoom();
    if (!Admit(std::move(socket))) return false;
  }
  return true;
}

// False where its socket cannot be watched.
bool Engine::Admit(FileDescriptor socket) {
  const int fd = socket.Get();
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  std::shared_ptr<SSL_CTX> tls = options_.tls ? options_.tls() : nullptr;
  std::unique_ptr<Channel> channel =
      tls ? MakeTlsChannel(std::move(tls), tls_failures_, fd)
          : MakePlainChannel(fd);
  if (!channel) return true;
  TcpSocket watched(loop_);
  if (Watch(std::move(socket), watched)) return false;

  const ConnectionId id = next_id_++;
  auto session = std::make_shared<Session>(*this, id, std::move(watched),
                                           std::move(channel));
  by_deadline_.emplace(Deadline::max(), id);
  sessions_.emplace(id, Entry{session, Deadline::max()});
  NoteDeadline(*session);
  asio::co_spawn(
      loop_, [session]() -> Task<void> { return session->Run(); },
      [this, id](const std::exception_ptr& error) {
        Rethrow(error);
        Forget(id);
      });
  return true;
}

// Of those that nothing is written to, and that are not with a handler, the one
// with the nearest deadline.
std::optional<ConnectionId> Engine::LeastMissed() {
  for (auto at = by_deadline_.begin(); at != by_deadline_.end();) {
    const auto [noted, id] = *at;
    if (Postpone(id)) {  // It stands further back now.
      at = by_deadline_.upper_bound({noted, id});
      continue;
    }
    const Session::Phase phase = sessions_.at(id).session->phase();
    if (phase != Session::Phase::kHandling &&
        phase != Session::Phase::kWriting) {
      return id;
    }
    ++at;
  }
  return std::nullopt;
}

void Engine::MakeRoom() {
  if (const std::optional<ConnectionId> id = LeastMissed()) Cut(*id);
}

void Engine::Handle(const Session& session, ReadRequest&& request) {
  if (const auto* bad = std::get_if<BadRequest>(&request)) {
    replies_->PostOwn(session.id(), StatusResponse(bad->status, bad->why),
                      true);
  } else {
    on_request_(std::move(std::get<WholeRequest>(request).request),
                Responder(replies_, session.id()));
  }
}

void Engine::Make(const Session& session, BodySource rest, std::string sent,
                  WorkerPool& makers) {
  makers.PostLast([replies = replies_, id = session.id(),
                   rest = std::move(rest), sent = std::move(sent)]() mutable {
    replies->Post(id, {.response = {}, .piece = NextOf(rest, std::move(sent))});
  });
}

void Engine::Drop(BodySource&& rest, WorkerPool& makers,
                  std::shared_ptr<void>&& ticket) {
  makers.PostLast([rest = std::move(rest),
                   ticket = std::move(ticket)]() mutable { rest = nullptr; });
}

void Engine::Deliver(ReplyQueue::Posted&& posted) {
  const auto found = sessions_.find(posted.id);
  if (found == sessions_.end()) {
    Reply& late = posted.reply;
    if (late.response.rest) {
      Drop(std::move(late.response.rest), *late.makers, std::move(late.ticket));
    }
    return;
  }
  if (posted.reply.piece && !posted.reply.piece->bytes) return Cut(posted.id);
  if (posted.is_own && options_.on_own_answer) {
    options_.on_own_answer(posted.reply.response);
  }
  posted.reply.close = posted.reply.close || IsDraining();
  found->second.session->Respond(std::move(posted.reply));
}

void Engine::NoteDeadline(const Session& session) {
  const auto found = sessions_.find(session.id());
  if (found == sessions_.end()) return;
  Deadline& noted = found->second.noted;
  // A later one is looked at when the earlier has come: most never do.
  if (noted <= session.deadline()) return;
  Move(session.id(), noted, session.deadline());
  if (noted < cutter_.expiry()) cutter_.cancel();
}

// Whether the session's deadline is later than noted; then it is noted.
bool Engine::Postpone(ConnectionId id) {
  Entry& entry = sessions_.at(id);
  if (entry.session->deadline() <= entry.noted) return false;
  Move(id, entry.noted, entry.session->deadline());
  return true;
}

void Engine::Move(ConnectionId id, Deadline& noted, Deadline deadline) {
  auto node = by_deadline_.extract({noted, id});
  node.value().first = noted = deadline;
  by_deadline_.insert(std::move(node));
}

std::string_view Engine::Date() {
  const auto now = std::chrono::floor<std::chrono::seconds>(
      options_.date ? options_.date() : clock_.WallNow());
  if (date_.empty() || now != dated_) {
    dated_ = now;
    date_ = FormatHttpDate(now);
  }
  return date_;
}

Task<void> Engine::CutOverdue() {
  for (;;) {
    const bool is_late = drains_until_ && *drains_until_ <= Now();
    while (!by_deadline_.empty() &&
           (is_late || by_deadline_.begin()->first <= Now())) {
      const ConnectionId id = by_deadline_.begin()->second;
      if (is_late || !Postpone(id)) Cut(id);
    }
    if (IsDraining() && sessions_.empty()) co_return;

    cutter_.expires_at(std::min(
        by_deadline_.empty() ? Deadline::max() : by_deadline_.begin()->first,
        drains_until_.value_or(Deadline::max())));
    error_code ignored;
    co_await Wait(cutter_, ignored);
  }
}

void Engine::BeginDrain(Deadline deadline) {
  // Clients that the kernel took in already see an answer, not a reset.
  for (const auto& door : doors_) {
    (void)AcceptFrom(*door, options_.limits.max_connections);
  }
  drains_until_ = deadline;
  for (const auto& door : doors_) {
    error_code ignored;
    door->acceptor.close(ignored);
    door->pause.cancel();
  }
  for (const auto& [id, entry] : sessions_) {
    if (entry.session->WaitsForItsClient()) entry.session->Wake();
  }
  cutter_.cancel();
}

void Engine::Cut(ConnectionId id) {
  const std::shared_ptr<Session> session = sessions_.at(id).session;
  Forget(id);
  session->Cut();
}

void Engine::Forget(ConnectionId id) {
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  by_deadline_.erase({found->second.noted, id});
  sessions_.erase(found);
  if (IsDraining() && sessions_.empty()) cutter_.cancel();
}

}  // namespace exporter
