#include "net/curl_fetcher.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/log.h"

namespace exporter {
namespace {

using std::chrono::milliseconds;

// Longer waits than this are cut: the loop merely looks about once a day.
constexpr milliseconds kLongestWait = std::chrono::hours(24);

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

struct CurlFetcher::Transfer {
  explicit Transfer(const ExchangeSettings& settings) : exchange(settings) {}

  CurlExchange exchange;
  Ticket ticket = 0;
  ConnectionGenerations::Moment began;
  Done done;
};

CurlFetcher::Descriptor::Descriptor(int number) : number_(number) {
  if (number_ < 0) {
    throw std::system_error(errno, std::generic_category(), "the loop");
  }
}

CurlFetcher::Descriptor::~Descriptor() { close(number_); }

CurlFetcher::CurlFetcher(const Clock& clock, Options options)
    : clock_(clock),
      max_connections_(options.max_connections),
      settings_{.max_body_bytes = options.max_body_bytes,
                .max_header_bytes = options.max_header_bytes,
                .user_agent = std::move(options.user_agent),
                .environment = ReadProxyEnvironment()},
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      multi_(NewMulti()) {
  for (const int number : {wake_.Number(), resolver_.Descriptor()}) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = number}};
    if (epoll_ctl(epoll_.Number(), EPOLL_CTL_ADD, number, &event) != 0) {
      throw std::system_error(errno, std::generic_category(), "the loop");
    }
  }
  Check(curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &OnSocket));
  Check(curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this));
  Check(curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &OnTimer));
  Check(curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this));
  Check(curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS,
                          static_cast<long>(max_connections_)));
}

CurlFetcher::~CurlFetcher() {
  for (const auto& [ticket, transfer] : running_) {
    curl_multi_remove_handle(multi_, transfer->exchange.Handle());
  }
  curl_multi_cleanup(multi_);
}

Fetcher::Ticket CurlFetcher::Start(HttpRequest request, Done done) {
  const Ticket ticket = ++last_ticket_;
  if (request.deadline - clock_.SteadyNow() < milliseconds(1)) {
    finished_.push_back(
        {ticket, std::move(done),
         Fail(ErrorKind::kTimeout, "deadline passed before it was sent"),
         std::move(request)});
    return ticket;
  }
  std::unique_ptr<Transfer> prepared = IdleTransfer();
  if (auto refusal = prepared->exchange.Prepare(std::move(request))) {
    finished_.push_back({ticket, std::move(done), Fail(*std::move(refusal)),
                         prepared->exchange.TakeRequest()});
    Recycle(std::move(prepared));
    return ticket;
  }
  prepared->ticket = ticket;
  prepared->done = std::move(done);
  Transfer& transfer =
      *running_.emplace(ticket, std::move(prepared)).first->second;
  Admit(transfer);
  return ticket;
}

void CurlFetcher::Admit(Transfer& transfer) {
  if (!LaunchIfFound(transfer)) waiting_.push_back(&transfer);
}

void CurlFetcher::Cancel(Ticket ticket) {
  if (auto running = running_.extract(ticket)) {
    NoteMissedReply(*running.mapped());
    Detach(*running.mapped());
    // It proves who we are: an idle handle does not keep it.
    (void)running.mapped()->exchange.TakeRequest();
    Recycle(std::move(running.mapped()));
    return;
  }
  std::erase_if(finished_,
                [&](const Finished& f) { return f.ticket == ticket; });
}

void CurlFetcher::Poll(milliseconds timeout) {
  const Deadline until =
      clock_.SteadyNow() +
      std::clamp(timeout, milliseconds::zero(), kLongestWait);
  bool woken = false;
  milliseconds left{};
  do {
    left =
        std::max(milliseconds::zero(),
                 std::chrono::ceil<milliseconds>(until - clock_.SteadyNow()));
    woken = WaitAndCarry(finished_.empty() ? left : milliseconds::zero());
  } while (!woken && finished_.empty() && left > milliseconds::zero());
  Deliver();
}

void CurlFetcher::Wake() noexcept {
  const std::uint64_t one = 1;
  // It fails only where 2^64 calls are waiting, which wake just as well.
  [[maybe_unused]] const ssize_t written =
      write(wake_.Number(), &one, sizeof(one));
}

std::unique_ptr<CurlFetcher::Transfer> CurlFetcher::IdleTransfer() {
  if (!idle_.empty()) {
    std::unique_ptr<Transfer> transfer = std::move(idle_.back());
    idle_.pop_back();
    return transfer;
  }
  auto transfer = std::make_unique<Transfer>(settings_);
  curl_easy_setopt(transfer->exchange.Handle(), CURLOPT_PRIVATE,
                   transfer.get());
  return transfer;
}

// Hands it to libcurl.
void CurlFetcher::Launch(Transfer& transfer) {
  const auto left = std::chrono::floor<milliseconds>(
      transfer.exchange.EndsAt() - clock_.SteadyNow());
  transfer.exchange.SetTimeout(std::clamp(left, milliseconds(1), kLongestWait));
  transfer.began = generations_.Now(transfer.exchange.Host());
  transfer.exchange.JoinGeneration(transfer.began.generation);
  Check(curl_multi_add_handle(multi_, transfer.exchange.Handle()));
}

// Does so if it is known where to connect to; else asks for that.
bool CurlFetcher::LaunchIfFound(Transfer& transfer) {
  const auto& names = transfer.exchange.NamesToFind();
  std::vector<NameCache::Addresses> found;
  for (const std::string& name : names) {
    const NameCache::Finding finding = names_.Find(name, clock_.SteadyNow());
    if (finding.asks) resolver_.Ask(name, AF_UNSPEC);
    if (finding.addresses) found.push_back(finding.addresses);
  }
  if (found.size() < names.size()) return false;
  transfer.exchange.SetAddresses(found);
  Launch(transfer);
  return true;
}

// Takes it from libcurl, and from those that wait.
void CurlFetcher::Detach(Transfer& transfer) {
  curl_multi_remove_handle(multi_, transfer.exchange.Handle());
  std::erase(waiting_, &transfer);
}

void CurlFetcher::End(std::unique_ptr<Transfer> transfer,
                      Result<HttpReply> reply) {
  Detach(*transfer);
  finished_.push_back({transfer->ticket, std::move(transfer->done),
                       std::move(reply), transfer->exchange.TakeRequest()});
  Recycle(std::move(transfer));
}

void CurlFetcher::Recycle(std::unique_ptr<Transfer> transfer) {
  transfer->done = nullptr;
  if (transfer->exchange.IsWorn()) return;
  if (idle_.size() < max_connections_) idle_.push_back(std::move(transfer));
}

// It was given up while a reply was to come.
void CurlFetcher::NoteMissedReply(const Transfer& transfer) {
  if (transfer.exchange.IsWaiting()) return;
  generations_.Missed(transfer.exchange.Host(), transfer.began);
}

void CurlFetcher::Repeat(Transfer& transfer) {
  Detach(transfer);
  transfer.exchange.Repeat();
  Admit(transfer);
}

milliseconds CurlFetcher::UntilSomethingIsDue(milliseconds most) const {
  Deadline due = clock_.SteadyNow() + most;
  if (timer_) due = std::min(due, *timer_);
  due = std::min(due, names_.NextOverdue());
  for (const Transfer* waiting : waiting_) {
    due = std::min(due, waiting->exchange.EndsAt());
  }
  return std::max(milliseconds::zero(),
                  std::chrono::ceil<milliseconds>(due - clock_.SteadyNow()));
}

// Waits for the network, a timer or Wake, at most `timeout`, and lets libcurl
// go on. True if it was Wake.
bool CurlFetcher::WaitAndCarry(milliseconds timeout) {
  std::array<epoll_event, 64> events;
  const int count = epoll_wait(
      epoll_.Number(), events.data(), static_cast<int>(events.size()),
      static_cast<int>(UntilSomethingIsDue(timeout).count()));
  bool woken = false;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events.at(static_cast<std::size_t>(i));
    if (event.data.fd == wake_.Number()) {
      std::uint64_t calls = 0;
      woken = read(wake_.Number(), &calls, sizeof(calls)) > 0;
    } else if (event.data.fd == resolver_.Descriptor()) {
      TakeLookups();
    } else {
      Carry(event.data.fd, ToCurl(event.events));
    }
  }
  if (timer_ && *timer_ <= clock_.SteadyNow()) {
    timer_.reset();
    Carry(CURL_SOCKET_TIMEOUT, 0);
  }
  for (const NameCache::Change& change : names_.Overdue(clock_.SteadyNow())) {
    Follow(change);
  }
  TakeFinished();
  EndExpiredWaits();
  return woken;
}

void CurlFetcher::Carry(curl_socket_t socket, int events) {
  int still_running = 0;
  Check(curl_multi_socket_action(multi_, socket, events, &still_running));
}

void CurlFetcher::TakeLookups() {
  for (const Resolver::Answer& answer : resolver_.Take()) {
    Follow(names_.Take(answer, clock_.SteadyNow()));
  }
}

// Does what it wants, and lets those go on who waited for it.
void CurlFetcher::Follow(const NameCache::Change& change) {
  if (change.asks_ipv4) resolver_.Ask(change.name, AF_INET);
  if (change.news == NameCache::News::kOldServe) {
    Log(LogLevel::kWarn, "name lookup fails; the last addresses serve on",
        {{"name", change.name},
         {"error", change.why},
         {"age_seconds", std::to_string(change.age.count())}});
  } else if (change.news == NameCache::News::kWell) {
    Log(LogLevel::kInfo, "name lookup is well again", {{"name", change.name}});
  }
  for (Transfer* transfer : std::exchange(waiting_, {})) {
    const auto& names = transfer->exchange.NamesToFind();
    const bool is_meant =
        std::find(names.begin(), names.end(), change.name) != names.end();
    if (is_meant && change.has_failed) {
      Error error = transfer->exchange.NotFound(change.name, change.why);
      End(std::move(running_.extract(transfer->ticket).mapped()),
          Fail(std::move(error)));
    } else if (!is_meant || !LaunchIfFound(*transfer)) {
      waiting_.push_back(transfer);
    }
  }
}

void CurlFetcher::TakeFinished() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    Transfer* known = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &known);
    if (known->exchange.MayRepeat(code)) {
      Repeat(*known);
      continue;
    }
    std::unique_ptr<Transfer> transfer =
        std::move(running_.extract(known->ticket).mapped());
    if (code == CURLE_OK) {
      generations_.Heard(transfer->exchange.Host(), transfer->began.generation,
                         transfer->exchange.IsInHttp2());
    } else if (code == CURLE_OPERATION_TIMEDOUT) {
      NoteMissedReply(*transfer);
    }
    Result<HttpReply> reply = transfer->exchange.Finish(code);
    End(std::move(transfer), std::move(reply));
  }
}

void CurlFetcher::EndExpiredWaits() {
  const Deadline now = clock_.SteadyNow();
  for (std::size_t i = waiting_.size(); i-- > 0;) {
    if (waiting_[i]->exchange.EndsAt() > now) continue;
    Error error = waiting_[i]->exchange.TimedOutWaiting();
    End(std::move(running_.extract(waiting_[i]->ticket).mapped()),
        Fail(std::move(error)));
  }
}

// A `done` may start and cancel exchanges, so that nothing is held over it;
// what it adds waits for the next time.
void CurlFetcher::Deliver() {
  const Ticket last = last_ticket_;
  while (!finished_.empty() && finished_.front().ticket <= last) {
    Finished oldest = std::move(finished_.front());
    finished_.pop_front();
    oldest.done(std::move(oldest.reply), std::move(oldest.request));
  }
}

int CurlFetcher::OnSocket(CURL* /*easy*/, curl_socket_t socket, int interest,
                          void* self, void* known) {
  auto& fetcher = *static_cast<CurlFetcher*>(self);
  const int epoll = fetcher.epoll_.Number();
  if (interest == CURL_POLL_REMOVE) {
    // It may be closed by now, and then it is out already.
    epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event{.events = ToEpoll(interest), .data = {.fd = socket}};
  const int change = known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  // A number may by now be another socket's than libcurl or we believe.
  if (epoll_ctl(epoll, change, socket, &event) != 0) {
    if (errno == EEXIST) epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event);
    if (errno == ENOENT) epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
  }
  // Should the kernel refuse, the exchange ends by its deadline: saying so here
  // would end all of them.
  // Any pointer but null marks the socket as known.
  curl_multi_assign(fetcher.multi_, socket, self);
  return 0;
}

int CurlFetcher::OnTimer(CURLM* /*multi*/, long timeout_ms, void* self) {
  auto& fetcher = *static_cast<CurlFetcher*>(self);
  if (timeout_ms < 0) {
    fetcher.timer_.reset();
  } else {
    fetcher.timer_ = fetcher.clock_.SteadyNow() + milliseconds(timeout_ms);
  }
  return 0;
}

}  // namespace exporter
