#include "connection.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace simulator {
namespace {

// Room for a token of 32 kB and then some.
constexpr std::size_t kMaxRequestBytes = 262'144;
constexpr std::size_t kFillerChunk = 65'536;
constexpr std::size_t kMaxBytesATurn = 1'048'576;

void AppendNumber(std::string& text, std::uint64_t number) {
  std::array<char, 20> digits;
  char* end =
      std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text.append(digits.data(), end);
}

// 32 hexadecimal digits, as the gateway's are.
void AppendRequestId(std::string& text, std::uint64_t id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  text.append(16, '0');
  for (int shift = 60; shift >= 0; shift -= 4) {
    text += kDigits[(id >> static_cast<unsigned>(shift)) & 0xFU];
  }
}

}  // namespace

Connection::Connection(int fd, SSL_CTX* tls) : stream_(fd, tls) {}

Connection::~Connection() {
  if (when_over_) when_over_();
}

bool Connection::Receive() {
  std::array<char, 16'384> buffer;
  for (;;) {
    const Stream::Moved moved = stream_.Read(buffer);
    switch (moved.outcome) {
      case Stream::Outcome::kBytes:
        in_.append(buffer.data(), moved.bytes);
        if (in_.size() > kMaxRequestBytes) return false;
        // A plain socket that gave less than asked for is empty; if not, epoll
        // says so.
        if (!stream_.IsTls() && moved.bytes < buffer.size()) return true;
        break;
      case Stream::Outcome::kEnd:
        return false;
      default:
        return true;
    }
  }
}

ParseState Connection::NextRequest(Request& request) {
  if (busy_ || in_.empty()) return ParseState::kIncomplete;
  const Parsed parsed = ParseRequest(in_, request);
  request_bytes_ = parsed.bytes;
  return parsed.state;
}

void Connection::Continue() {
  if (continued_) return;
  continued_ = true;
  stream_.Write("HTTP/1.1 100 Continue\r\n\r\n");
}

void Connection::StartReply(const Request& request, Reply& reply,
                            std::string_view date, std::uint64_t request_id) {
  const bool endless = reply.filler == Reply::kEndless;
  busy_ = true;
  keep_alive_ = request.keep_alive && !endless && reply.manner != Manner::kCut;
  manner_ = reply.manner;
  when_over_ = std::move(reply.when_over);
  sent_ = 0;

  out_.assign("HTTP/1.1 ");
  AppendNumber(out_, static_cast<std::uint64_t>(reply.status));
  out_.append(" ").append(ReasonPhrase(reply.status)).append("\r\nDate: ");
  out_.append(date).append("\r\nServer: api-gateway\r\nX-Request-Id: ");
  AppendRequestId(out_, request_id);
  out_.append("\r\nContent-Type: ").append(reply.content_type);
  if (!endless) {
    out_.append("\r\nContent-Length: ");
    AppendNumber(out_, reply.body.size() + reply.filler + reply.tail.size());
  }
  out_.append("\r\n").append(reply.headers);
  if (!keep_alive_) out_.append("Connection: close\r\n");
  out_.append("\r\n");

  allowance_ = manner_ == Manner::kDrip ? out_.size() + 1 : 1;
  filler_left_ = 0;
  tail_ = {};
  if (request.method != "HEAD") {
    out_.append(
        reply.body, 0,
        manner_ == Manner::kCut ? reply.body.size() / 2 : reply.body.size());
    filler_left_ = reply.filler;
    tail_ = reply.tail;
  }
  in_.erase(0, request_bytes_);
  continued_ = false;
}

Connection::Next Connection::Send() {
  switch (manner_) {
    case Manner::kHang:
      return Next::kRead;
    case Manner::kReset:
      stream_.ResetWhenClosed();
      return Next::kClose;
    case Manner::kClose:
      return Next::kClose;
    default:
      break;
  }
  const bool drips =
      manner_ == Manner::kDrip || manner_ == Manner::kDripHeaders;
  for (std::size_t sent_now = 0;;) {
    std::string_view rest = std::string_view(out_).substr(sent_);
    if (drips) rest = rest.substr(0, allowance_ - std::min(allowance_, sent_));
    if (rest.empty()) {
      if (drips && sent_ < out_.size()) return Next::kWait;
      if (filler_left_ == 0 && tail_.empty()) break;
      Refill();
      continue;
    }
    const Stream::Moved moved = stream_.Write(rest);
    switch (moved.outcome) {
      case Stream::Outcome::kBytes:
        sent_ += moved.bytes;
        sent_now += moved.bytes;
        // A fast reader of an endless reply does not starve the others.
        if (sent_now >= kMaxBytesATurn) return Next::kWrite;
        break;
      case Stream::Outcome::kWantRead:
        return Next::kRead;
      case Stream::Outcome::kWantWrite:
        return Next::kWrite;
      case Stream::Outcome::kEnd:
        return Next::kClose;
    }
  }
  return keep_alive_ ? Next::kDone : Next::kClose;
}

void Connection::Finish() {
  busy_ = false;
  if (const auto when_over = std::exchange(when_over_, nullptr)) when_over();
}

// Puts the next piece of filler, or the tail, in the place of what was sent.
void Connection::Refill() {
  sent_ = 0;
  if (filler_left_ == 0) {
    out_.assign(std::exchange(tail_, {}));
    return;
  }
  const std::uint64_t piece =
      std::min<std::uint64_t>(filler_left_, kFillerChunk);
  out_.assign(static_cast<std::size_t>(piece), 'x');
  if (filler_left_ != Reply::kEndless) filler_left_ -= piece;
}

}  // namespace simulator
