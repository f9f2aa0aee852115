#include "http/client_connection.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <utility>

namespace exporter {
namespace {

constexpr std::size_t kReadBytes = std::size_t{16} * 1024;
// Up to here one write for head and body is cheaper than two.
constexpr std::size_t kJoinBytes = std::size_t{16} * 1024;
// A client that still sends this much after it was refused does not listen.
constexpr std::size_t kMaxDiscardedBytes = std::size_t{1024} * 1024;

std::string PeerOf(const FileDescriptor& socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  getpeername(socket.Get(), reinterpret_cast<sockaddr*>(&storage), &size);
  if (storage.ss_family == AF_INET6) {
    const auto& ip = reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr;
    const auto* bytes = reinterpret_cast<const char*>(&ip);
    return IN6_IS_ADDR_V4MAPPED(&ip) ? std::string(bytes + 12, 4)
                                     : std::string(bytes, 8);
  }
  const auto& ip = reinterpret_cast<const sockaddr_in&>(storage).sin_addr;
  return {reinterpret_cast<const char*>(&ip), sizeof ip};
}

}  // namespace

ClientConnection::ClientConnection(FileDescriptor socket,
                                   std::unique_ptr<Channel> channel,
                                   const ServerLimits& limits, Deadline now)
    : socket_(std::move(socket)),
      peer_(PeerOf(socket_)),
      channel_(std::move(channel)),
      limits_(limits),
      reader_(limits.request),
      deadline_(now + limits.request_time) {}

void ClientConnection::Enter(Phase phase, Deadline deadline) {
  phase_ = phase;
  deadline_ = deadline;
}

void ClientConnection::StartReading(Deadline now) {
  is_idle_ = reader_.Empty();
  Enter(Phase::kReading,
        now + (is_idle_ ? limits_.idle_time : limits_.request_time));
}

std::optional<ReadRequest> ClientConnection::Advance(Deadline now) {
  bool goes_on = true;
  while (goes_on) {
    switch (phase_) {
      case Phase::kHandshake: {
        const IoState state = channel_->Handshake();
        if (state == IoState::kClosed) Linger(now);
        // The first request has what is left of the time.
        if (state == IoState::kDone) Enter(Phase::kReading, deadline_);
        goes_on = state != IoState::kAgain;
        break;
      }
      case Phase::kReading:
        return ReadOn(now);
      case Phase::kWriting:
        goes_on = WriteOn(now);
        break;
      case Phase::kLingering:
        goes_on = Discard();
        break;
      case Phase::kHandling:
      case Phase::kClosed:
        goes_on = false;
        break;
    }
  }
  return std::nullopt;
}

std::optional<ReadRequest> ClientConnection::ReadOn(Deadline now) {
  std::array<char, kReadBytes> buffer;
  for (;;) {
    if (std::optional<ReadRequest> read = reader_.Next()) {
      keep_alive_ = false;
      wants_body_ = true;
      if (const auto* whole = std::get_if<WholeRequest>(&*read)) {
        keep_alive_ = whole->keep_alive;
        wants_body_ = whole->request.method != "HEAD";
      }
      Enter(Phase::kHandling, Deadline::max());
      return read;
    }
    const IoResult result = channel_->Read(buffer);
    if (result.state == IoState::kClosed) Enter(Phase::kClosed, now);
    if (result.state != IoState::kDone) return std::nullopt;
    if (std::exchange(is_idle_, false)) deadline_ = now + limits_.request_time;
    reader_.Append({buffer.data(), result.bytes});
  }
}

void ClientConnection::Respond(Reply reply, Deadline now, WallTime wall_now) {
  keep_alive_ = keep_alive_ && !reply.close;
  ticket_ = std::move(reply.ticket);
  head_ = FormatHead(reply.response, keep_alive_, wall_now);
  body_.clear();
  written_ = 0;
  if (wants_body_) {
    if (reply.response.body.size() <= kJoinBytes) {
      head_ += reply.response.body;
    } else {
      body_ = std::move(reply.response.body);
    }
  }
  Enter(Phase::kWriting, now + limits_.write_time);
}

// Returns whether there is something to do in the phase that follows.
bool ClientConnection::WriteOn(Deadline now) {
  while (written_ < head_.size() + body_.size()) {
    const std::string_view rest =
        written_ < head_.size()
            ? std::string_view(head_).substr(written_)
            : std::string_view(body_).substr(written_ - head_.size());
    const IoResult result = channel_->Write(rest);
    if (result.state == IoState::kClosed) Enter(Phase::kClosed, now);
    if (result.state != IoState::kDone) return false;
    written_ += result.bytes;
  }
  // The connection may idle for long now: it keeps no memory.
  std::string().swap(head_);
  std::string().swap(body_);
  ticket_.reset();
  if (keep_alive_) {
    StartReading(now);
  } else {
    Linger(now);
  }
  return true;
}

// What is left unread would make the close a reset, and the client would lose
// our last words: an answer, or the alert that says why TLS refused it.
void ClientConnection::Linger(Deadline now) {
  channel_->EndWriting();
  Enter(Phase::kLingering, now + limits_.linger_time);
}

// Reads past what nobody will look at. Returns false: there is nothing after
// this phase.
bool ClientConnection::Discard() {
  std::array<char, kReadBytes> buffer;
  for (;;) {
    // The bytes below TLS will do, since nobody looks.
    const ssize_t bytes = recv(socket_.Get(), buffer.data(), buffer.size(), 0);
    if (bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
    discarded_ += bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
    if (bytes <= 0 || discarded_ > kMaxDiscardedBytes) {
      Enter(Phase::kClosed, deadline_);
      return false;
    }
  }
}

void ClientConnection::Abort() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_.Get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  phase_ = Phase::kClosed;
}

}  // namespace exporter
