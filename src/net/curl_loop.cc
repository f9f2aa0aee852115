#include "net/curl_loop.h"

#include <sys/epoll.h>

#include <cerrno>
#include <csignal>
#include <new>
#include <stdexcept>

namespace exporter {
namespace {

CURLcode InitializeProcess() {
  // libcurl leaves SIGPIPE to us where it may not touch signals, and OpenSSL
  // writes to connections that are gone.
  (void)std::signal(SIGPIPE, SIG_IGN);
  return curl_global_init(CURL_GLOBAL_DEFAULT);
}

CURLM* NewMulti() {
  static const CURLcode global = InitializeProcess();
  if (global != CURLE_OK) throw std::runtime_error(curl_easy_strerror(global));
  CURLM* multi = curl_multi_init();
  if (multi == nullptr) throw std::bad_alloc();
  return multi;
}

void Check(CURLMcode code) {
  if (code == CURLM_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLM_OK) throw std::logic_error(curl_multi_strerror(code));
}

std::uint32_t ToEpoll(int interest) {
  switch (interest) {
    case CURL_POLL_IN:
      return EPOLLIN;
    case CURL_POLL_OUT:
      return EPOLLOUT;
    case CURL_POLL_INOUT:
      return EPOLLIN | EPOLLOUT;
    default:
      return 0;
  }
}

int ToCurl(std::uint32_t events) {
  int bits = 0;
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP)) != 0)
    bits |= CURL_CSELECT_IN;
  if ((events & EPOLLOUT) != 0) bits |= CURL_CSELECT_OUT;
  if ((events & EPOLLERR) != 0) bits |= CURL_CSELECT_ERR;
  return bits;
}

}  // namespace

CurlLoop::CurlLoop(const Clock& clock, int epoll, std::size_t idle_connections)
    : clock_(clock), epoll_(epoll), multi_(NewMulti()) {
  Check(curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &OnSocket));
  Check(curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this));
  Check(curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &OnTimer));
  Check(curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this));
  Check(curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS,
                          static_cast<long>(idle_connections)));
}

CurlLoop::~CurlLoop() { curl_multi_cleanup(multi_); }

void CurlLoop::Add(CURL* easy) { Check(curl_multi_add_handle(multi_, easy)); }

void CurlLoop::Remove(CURL* easy) { curl_multi_remove_handle(multi_, easy); }

void CurlLoop::CarryIfDue() {
  if (!timer_ || *timer_ > clock_.SteadyNow()) return;
  timer_.reset();
  int still_running = 0;
  Check(
      curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &still_running));
}

void CurlLoop::Carry(curl_socket_t socket, std::uint32_t events) {
  int still_running = 0;
  Check(
      curl_multi_socket_action(multi_, socket, ToCurl(events), &still_running));
}

const CURLMsg* CurlLoop::NextEnded() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg == CURLMSG_DONE) return message;
  }
  return nullptr;
}

int CurlLoop::OnSocket(CURL* /*easy*/, curl_socket_t socket, int interest,
                       void* self, void* known) {
  auto& loop = *static_cast<CurlLoop*>(self);
  if (interest == CURL_POLL_REMOVE) {
    // It may be closed by now, and then it is out already.
    epoll_ctl(loop.epoll_, EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event{.events = ToEpoll(interest), .data = {.fd = socket}};
  const int change = known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  // A number may by now be another socket's than libcurl or we believe.
  if (epoll_ctl(loop.epoll_, change, socket, &event) != 0) {
    if (errno == EEXIST) epoll_ctl(loop.epoll_, EPOLL_CTL_MOD, socket, &event);
    if (errno == ENOENT) epoll_ctl(loop.epoll_, EPOLL_CTL_ADD, socket, &event);
  }
  // Should the kernel refuse, the exchange ends by its deadline: saying so here
  // would end all of them.
  // Any pointer but null marks the socket as known.
  curl_multi_assign(loop.multi_, socket, self);
  return 0;
}

int CurlLoop::OnTimer(CURLM* /*multi*/, long timeout_ms, void* self) {
  auto& loop = *static_cast<CurlLoop*>(self);
  if (timeout_ms < 0) {
    loop.timer_.reset();
  } else {
    loop.timer_ =
        loop.clock_.SteadyNow() + std::chrono::milliseconds(timeout_ms);
  }
  return 0;
}

}  // namespace exporter
