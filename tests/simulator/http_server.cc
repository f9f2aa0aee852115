#include "http_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "listener.h"

namespace simulator {
namespace {

constexpr std::chrono::seconds kDripEvery(1);

}  // namespace

HttpServer::HttpServer(Handler& handler, ServerClock& clock, SSL_CTX* tls)
    : handler_(handler), clock_(clock), tls_(tls) {}

HttpServer::~HttpServer() {
  slots_.clear();
  for (const int fd : {epoll_, listener_, signals_}) {
    if (fd >= 0) close(fd);
  }
}

exporter::Result<std::string> HttpServer::Listen(const std::string& address) {
  exporter::Result<Listener> listener = OpenListener(address);
  if (!listener) return exporter::Fail(listener.error());
  listener_ = listener->fd;
  return listener->address;
}

void HttpServer::Run() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  signals_ = signalfd(-1, &ends, SFD_CLOEXEC);
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  Watch(listener_, EPOLLIN, EPOLL_CTL_ADD);
  Watch(signals_, EPOLLIN, EPOLL_CTL_ADD);
  std::array<epoll_event, 256> events;
  for (;;) {
    const int count = Wait(events);
    bool clients_wait = false;
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events.at(static_cast<std::size_t>(i));
      if (event.data.fd == signals_) return;
      if (event.data.fd == listener_) {
        clients_wait = true;
      } else {
        OnEvent(event.data.fd, event.events);
      }
    }
    RunTimers();
    // Last, so that no event of a closed connection meets a new one that was
    // given the same descriptor.
    if (clients_wait) Accept();
  }
}

void HttpServer::Watch(int fd, std::uint32_t events, int operation) const {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  epoll_ctl(epoll_, operation, fd, &event);
}

// epoll_wait's milliseconds would add up to one of them to every latency.
int HttpServer::Wait(std::array<epoll_event, 256>& events) const {
  timespec timeout{};
  if (!timers_.empty()) {
    const auto left =
        std::max(timers_.top().due - std::chrono::steady_clock::now(),
                 Instant::duration(0));
    const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    timeout.tv_sec = seconds.count();
    timeout.tv_nsec = std::chrono::nanoseconds(left - seconds).count();
  }
  return epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()),
                      timers_.empty() ? nullptr : &timeout, nullptr);
}

void HttpServer::Accept() {
  for (;;) {
    const int fd =
        accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const auto index = static_cast<std::size_t>(fd);
    if (slots_.size() <= index) slots_.resize(index + 1);
    slots_[index] = {.connection = std::make_unique<Connection>(fd, tls_)};
    Watch(fd, EPOLLIN, EPOLL_CTL_ADD);
    handler_.Connected();
  }
}

void HttpServer::OnEvent(int fd, std::uint32_t events) {
  Slot& slot = slots_[static_cast<std::size_t>(fd)];
  if (slot.connection == nullptr) return;
  // A hang-up shows as the end of what can be read.
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 &&
      !slot.connection->Receive()) {
    Close(fd);
    return;
  }
  if (slot.connection->Busy()) {
    if (slot.pending != Pending::kNothing || !Send(fd)) return;
  }
  Serve(fd);
}

void HttpServer::RunTimers() {
  if (timers_.empty()) return;
  const Instant now = std::chrono::steady_clock::now();
  while (!timers_.empty() && timers_.top().due <= now) {
    const Timer timer = timers_.top();
    timers_.pop();
    OnTimer(timer);
  }
}

void HttpServer::OnTimer(const Timer& timer) {
  Slot& slot = slots_[static_cast<std::size_t>(timer.fd)];
  if (slot.connection == nullptr || slot.exchange != timer.exchange ||
      !slot.connection->Busy()) {
    return;  // The client did not wait.
  }
  if (slot.pending == Pending::kNextByte) slot.connection->Drip();
  slot.pending = Pending::kNothing;
  if (Send(timer.fd)) Serve(timer.fd);
}

void HttpServer::Serve(int fd) {
  for (;;) {
    Slot& slot = slots_[static_cast<std::size_t>(fd)];
    switch (slot.connection->NextRequest(request_)) {
      case ParseState::kIncomplete:
        return;
      case ParseState::kContinue:
        slot.connection->Continue();
        return;
      case ParseState::kBad:
        Close(fd);
        return;
      case ParseState::kComplete:
        break;
    }
    reply_.Clear();
    handler_.Handle(request_, reply_);
    slot.exchange = ++last_exchange_;
    slot.connection->StartReply(request_, reply_, clock_.HttpDate(),
                                last_exchange_);
    if (reply_.delay > reply_.delay.zero()) {
      SetTimer(fd, Pending::kFirstByte, reply_.delay);
      return;
    }
    if (!Send(fd)) return;
  }
}

bool HttpServer::Send(int fd) {
  Slot& slot = slots_[static_cast<std::size_t>(fd)];
  const Connection::Next next = slot.connection->Send();
  const bool wants_write = next == Connection::Next::kWrite;
  if (wants_write != slot.wants_write) {
    slot.wants_write = wants_write;
    Watch(fd, wants_write ? EPOLLIN | EPOLLOUT : EPOLLIN, EPOLL_CTL_MOD);
  }
  switch (next) {
    case Connection::Next::kDone:
      slot.connection->Finish();
      return true;
    case Connection::Next::kClose:
      Close(fd);
      return false;
    case Connection::Next::kWait:
      SetTimer(fd, Pending::kNextByte, kDripEvery);
      return false;
    default:
      return false;
  }
}

void HttpServer::SetTimer(int fd, Pending pending,
                          std::chrono::milliseconds delay) {
  Slot& slot = slots_[static_cast<std::size_t>(fd)];
  slot.pending = pending;
  timers_.push({std::chrono::steady_clock::now() + delay, fd, slot.exchange});
}

void HttpServer::Close(int fd) {
  slots_[static_cast<std::size_t>(fd)].connection.reset();
}

}  // namespace simulator
