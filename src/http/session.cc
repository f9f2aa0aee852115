#include "http/session.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "http/engine.h"

namespace exporter {
namespace {

constexpr std::size_t kReadBytes = std::size_t{16} * 1024;
// Up to here one write for head and body is cheaper than two.
constexpr std::size_t kJoinBytes = std::size_t{16} * 1024;
// A client that still sends this much after it was refused, or while it waits
// for a RawAnswer, does not listen.
constexpr std::size_t kMaxHeardBytes = std::size_t{1024} * 1024;

// But for what is soon wanted again.
void DropMemory(std::string& text) {
  constexpr std::size_t kMuch = 1024;
  text.clear();
  if (text.capacity() > kMuch) text.shrink_to_fit();
}

std::string PeerOf(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  getpeername(socket, reinterpret_cast<sockaddr*>(&storage), &size);
  if (storage.ss_family == AF_INET6) {
    const auto& ip = reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr;
    const auto* bytes = reinterpret_cast<const char*>(&ip);
    return IN6_IS_ADDR_V4MAPPED(&ip) ? std::string(bytes + 12, 4)
                                     : std::string(bytes, 8);
  }
  // A Unix socket's clients are one: what they call themselves says nothing.
  if (storage.ss_family != AF_INET) return "";
  const auto& ip = reinterpret_cast<const sockaddr_in&>(storage).sin_addr;
  return {reinterpret_cast<const char*>(&ip), sizeof ip};
}

// The client has reset the connection. One that only ended its side has not.
bool IsReset(int socket) {
  pollfd trouble{.fd = socket, .events = 0, .revents = 0};
  return poll(&trouble, 1, 0) == 1;
}

}  // namespace

Session::Session(Engine& engine, ConnectionId id, TcpSocket socket,
                 std::unique_ptr<Channel> channel)
    : engine_(engine),
      id_(id),
      socket_(std::move(socket)),
      channel_(std::move(channel)),
      peer_(PeerOf(socket_.native_handle())),
      reader_(engine.Limits().request),
      deadline_(engine.Now() + engine.Limits().request_time) {}

Task<void> Session::Run() {
  bool goes_on = co_await Repeat(&Session::Handshake);
  // One that failed still sends the alert that says why.
  bool lingers = !goes_on && !engine_.IsDraining();
  // The first request has what is left of the time.
  if (goes_on) Enter(Phase::kReading, deadline_);
  while (goes_on) {
    goes_on = co_await Repeat(&Session::Read);
    if (!goes_on) break;
    Handle();
    if (phase_ == Phase::kHandling) co_await UntilAnswered();
    // Most answers go at once, at less cost than by a coroutine.
    bool is_sent = !raw_ && socket_.is_open() && Write() == IoState::kDone;
    if (!is_sent || rest_) {
      Enter(Phase::kWriting, engine_.Now() + engine_.Limits().write_time);
      // GCC 12 loses what a conditional expression made to be awaited.
      if (raw_) {
        is_sent = co_await raw_->Give(*this);
      } else {
        is_sent = co_await SendAll();
      }
    }
    DropRest(std::move(ticket_));
    // The connection may idle for long now: it keeps a short head's memory.
    DropMemory(head_);
    std::string().swap(body_);
    ticket_.reset();
    raw_.reset();
    goes_on = is_sent && keep_alive_;
    lingers = is_sent && !keep_alive_;
    if (!goes_on) break;
    is_idle_ = just_answered_ = reader_.Empty();
    const ServerLimits& limits = engine_.Limits();
    Enter(Phase::kReading,
          engine_.Now() + (is_idle_ ? limits.idle_time : limits.request_time));
    // Who sends one request after the other waits for the others' turn.
    if (!is_idle_) co_await Yield(socket_.get_executor());
  }
  if (!lingers || !socket_.is_open()) co_return;
  // What is left unread would make the close a reset, and the client would lose
  // our last words: an answer, or the alert that says why TLS refused it.
  channel_->EndWriting();
  heard_ = 0;
  Enter(Phase::kLingering, engine_.Now() + engine_.Limits().linger_time);
  co_await Repeat(&Session::Discard);
}

void Session::Enter(Phase phase, Deadline deadline) {
  phase_ = phase;
  deadline_ = deadline;
}

// Takes `step` again and again, whenever the socket is ready for it. False once
// the connection is of no more use, or a drain finds it waiting in vain.
Task<bool> Session::Repeat(IoState (Session::*step)()) {
  while (socket_.is_open()) {
    const IoState state = (this->*step)();
    if (state == IoState::kDone) co_return true;
    if (state == IoState::kClosed) break;
    if (engine_.IsDraining() && WaitsForItsClient()) break;
    engine_.NoteDeadline(*this);
    boost::system::error_code ignored;
    if (phase_ == Phase::kReading && channel_->IsPlain()) {
      // Unlike waiting and then reading, this costs one call of the kernel.
      const std::size_t bytes =
          co_await ReadSome(socket_, first_bytes_, ignored);
      reader_.Append({first_bytes_.data(), bytes});
      continue;
    }
    co_await Wait(socket_,
                  state == IoState::kWantsRead ? TcpSocket::wait_read
                                               : TcpSocket::wait_write,
                  ignored);
  }
  co_return false;
}

IoState Session::Handshake() { return channel_->Handshake(); }

IoState Session::Read() {
  std::array<char, kReadBytes> buffer;
  for (;;) {
    request_ = reader_.Next();
    if (request_) return IoState::kDone;
    if (is_idle_ && !reader_.Empty()) {
      is_idle_ = false;
      Enter(Phase::kReading, engine_.Now() + engine_.Limits().request_time);
    }
    // Most clients take an answer in before they ask again.
    if (std::exchange(just_answered_, false) && !engine_.IsDraining()) {
      return IoState::kWantsRead;
    }
    const IoResult result = channel_->Read(buffer);
    if (result.state != IoState::kDone) return result.state;
    reader_.Append({buffer.data(), result.bytes});
  }
}

void Session::Handle() {
  keep_alive_ = false;
  wants_body_ = takes_chunks_ = true;
  if (auto* whole = std::get_if<WholeRequest>(&*request_)) {
    keep_alive_ = whole->keep_alive;
    wants_body_ = whole->request.method != "HEAD";
    takes_chunks_ = whole->takes_chunks;
    whole->request.peer = peer_;
  }
  Enter(Phase::kHandling, Deadline::max());
  engine_.Handle(*this, *std::move(request_));
  request_.reset();
}

// Or until nobody is there any more to take the answer.
Task<void> Session::UntilAnswered() {
  socket_.async_wait(
      TcpSocket::wait_error,
      [self = weak_from_this()](boost::system::error_code ended) {
        const std::shared_ptr<Session> session = self.lock();
        if (session && session->answered_ && !ended &&
            IsReset(session->socket_.native_handle())) {
          session->Cut();
        }
      });
  co_await UntilPosted();
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

Task<void> Session::UntilPosted() {
  Timer answered(socket_.get_executor(), Deadline::max());
  answered_ = &answered;
  boost::system::error_code ignored;
  co_await Wait(answered, ignored);
  answered_ = nullptr;
}

void Session::Respond(Reply&& reply) {
  keep_alive_ = keep_alive_ && !reply.close;
  written_ = 0;
  if (reply.piece) {
    GoOn(*std::move(reply.piece));
  } else {
    Begin(std::move(reply));
  }
  phase_ = Phase::kWriting;
  if (answered_) answered_->cancel();
}

void Session::Begin(Reply&& reply) {
  ServeResponse& response = reply.response;
  ticket_ = std::move(reply.ticket);
  raw_ = std::move(reply.raw);
  rest_ = std::move(response.rest);
  makers_ = reply.makers;
  if (raw_) return;
  if (!rest_) {
    head_ = Head(response, response.whole_bytes.value_or(response.body.size()));
  } else {
    if (takes_chunks_) {
      response.headers.emplace_back("Transfer-Encoding", "chunked");
    }
    head_ = Head(response, std::nullopt);
    if (wants_body_) Frame(response.body, false);
  }
  if (!wants_body_) return DropRest();
  if (response.body.size() <= kJoinBytes) {
    head_ += response.body;
  } else {
    body_ = std::move(response.body);
  }
}

void Session::GoOn(Piece&& piece) {
  head_.clear();
  body_ = *std::move(piece.bytes);
  Frame(body_, piece.is_last);
  if (piece.is_last) DropRest();
}

// Makes a chunk of them, which begins in head_, where those are taken.
// Source: RFC 9112, section 7.1.
void Session::Frame(std::string& bytes, bool is_last) {
  if (!takes_chunks_) return;
  if (!bytes.empty()) {
    std::array<char, 16> size;
    const auto end =
        std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16);
    head_.append(size.data(), end.ptr).append("\r\n");
    bytes += "\r\n";
  }
  if (is_last) bytes += "0\r\n\r\n";
}

// The time in which a piece is made is none of the client's.
Task<bool> Session::SendAll() {
  bool is_sent = co_await Repeat(&Session::Write);
  while (is_sent && rest_) {
    const auto left = deadline_ - engine_.Now();
    Enter(Phase::kHandling, Deadline::max());
    engine_.Make(*this, rest_, std::move(body_), *makers_);
    co_await UntilPosted();
    Enter(Phase::kWriting, engine_.Now() + left);
    is_sent = co_await Repeat(&Session::Write);
  }
  co_return is_sent;
}

// Without a ticket where the body is over: who takes all of it has stood in the
// makers' line for each piece, and crowds nobody.
void Session::DropRest(std::shared_ptr<void>&& ticket) {
  if (rest_) {
    engine_.Drop(std::exchange(rest_, nullptr), *makers_, std::move(ticket));
  }
}

std::string Session::Head(const ServeResponse& response,
                          std::optional<std::uint64_t> body_bytes) const {
  return FormatHead(response, body_bytes, keep_alive_, engine_.Date());
}

Task<bool> Session::Send(std::string_view bytes) {
  head_ = bytes;
  written_ = 0;
  const bool is_sent = co_await Repeat(&Session::Write);
  co_await Yield(socket_.get_executor());
  co_return is_sent;
}

Task<bool> Session::Stay(Deadline until) {
  Timer alarm(socket_.get_executor(), until);
  alarm.async_wait([self = weak_from_this()](boost::system::error_code ended) {
    const std::shared_ptr<Session> session = self.lock();
    if (session && !ended) session->Wake();
  });
  stays_until_ = until;
  heard_ = 0;
  co_return co_await Repeat(&Session::Listen);
}

// What the client asks meanwhile is for later.
IoState Session::Listen() {
  std::array<char, kReadBytes> buffer;
  while (engine_.Now() < stays_until_) {
    const IoResult result = channel_->Read(buffer);
    if (result.state != IoState::kDone) return result.state;
    reader_.Append({buffer.data(), result.bytes});
    heard_ += result.bytes;
    if (heard_ > kMaxHeardBytes) return IoState::kClosed;
  }
  return IoState::kDone;
}

IoState Session::Write() {
  while (written_ < head_.size() + body_.size()) {
    const std::string_view rest =
        written_ < head_.size()
            ? std::string_view(head_).substr(written_)
            : std::string_view(body_).substr(written_ - head_.size());
    const IoResult result = channel_->Write(rest);
    if (result.state != IoState::kDone) return result.state;
    written_ += result.bytes;
  }
  return IoState::kDone;
}

// Reads past what nobody will look at.
IoState Session::Discard() {
  std::array<char, kReadBytes> buffer;
  while (heard_ <= kMaxHeardBytes) {
    // The bytes below TLS will do, since nobody looks.
    const ssize_t bytes =
        recv(socket_.native_handle(), buffer.data(), buffer.size(), 0);
    if (bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return IoState::kWantsRead;
    }
    if (bytes <= 0) break;
    heard_ += static_cast<std::size_t>(bytes);
  }
  return IoState::kClosed;
}

void Session::Wake() {
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void Session::Cut() {
  boost::system::error_code ignored;
  if (phase_ == Phase::kHandling || phase_ == Phase::kWriting) {
    socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
  }
  socket_.close(ignored);
  if (answered_) answered_->cancel();
}

}  // namespace exporter
