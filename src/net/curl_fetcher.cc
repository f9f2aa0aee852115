#include "net/curl_fetcher.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

#include "base/log.h"

namespace exporter {
namespace {

using std::chrono::milliseconds;

// Longer waits than this are cut: the loop merely looks about once a day.
constexpr milliseconds kLongestWait = std::chrono::hours(24);

}  // namespace

struct CurlFetcher::Transfer {
  Transfer(const ExchangeSettings& settings, CurlFetcher& fetcher)
      : exchange(settings, [this, &fetcher] { fetcher.NoteConnected(*this); }) {
  }

  CurlExchange exchange;
  Ticket ticket = 0;
  ConnectionGenerations::Moment began;
  std::string host;         // In line_.
  bool in_loop = false;     // libcurl carries it.
  bool went = false;        // It entered line_,
  bool connecting = false;  // and has no connection yet.
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
      line_(max_connections_),
      loop_(clock, epoll_.Number(), max_connections_) {
  for (const int number : {wake_.Number(), resolver_.Descriptor()}) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = number}};
    if (epoll_ctl(epoll_.Number(), EPOLL_CTL_ADD, number, &event) != 0) {
      throw std::system_error(errno, std::generic_category(), "the loop");
    }
  }
}

CurlFetcher::~CurlFetcher() {
  for (const auto& [ticket, transfer] : running_) {
    if (transfer->in_loop) loop_.Remove(transfer->exchange.Handle());
  }
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
  if (!LaunchIfReady(transfer)) waiting_.push_back(&transfer);
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
  auto transfer = std::make_unique<Transfer>(settings_, *this);
  curl_easy_setopt(transfer->exchange.Handle(), CURLOPT_PRIVATE,
                   transfer.get());
  curl_easy_setopt(transfer->exchange.Handle(), CURLOPT_CLOSESOCKETFUNCTION,
                   &CurlFetcher::OnClose);
  curl_easy_setopt(transfer->exchange.Handle(), CURLOPT_CLOSESOCKETDATA, this);
  return transfer;
}

// Hands it to libcurl.
void CurlFetcher::Launch(Transfer& transfer,
                         const std::vector<NameCache::Addresses>& addresses) {
  transfer.exchange.SetAddresses(addresses);
  const auto left = std::chrono::floor<milliseconds>(
      transfer.exchange.EndsAt() - clock_.SteadyNow());
  transfer.exchange.SetTimeout(std::clamp(left, milliseconds(1), kLongestWait));
  transfer.exchange.JoinGeneration(transfer.began.generation);
  loop_.Add(transfer.exchange.Handle());
  transfer.in_loop = true;
}

// Does so if it is known where to connect to, else asks for that; and if it is
// its turn. What goes out on a new connection does not wait for others.
bool CurlFetcher::LaunchIfReady(Transfer& transfer) {
  const auto& names = transfer.exchange.NamesToFind();
  std::vector<NameCache::Addresses> found;
  for (const std::string& name : names) {
    const NameCache::Finding finding = names_.Find(name, clock_.SteadyNow());
    if (finding.asks) resolver_.Ask(name, AF_UNSPEC);
    if (finding.addresses) found.push_back(finding.addresses);
  }
  if (found.size() < names.size()) return false;
  transfer.began = generations_.Now(transfer.exchange.Host());
  if (transfer.exchange.IsInTls()) {
    transfer.host = transfer.exchange.Route();
    transfer.host.append("#").append(std::to_string(transfer.began.generation));
  }
  if (transfer.exchange.IsInTls() && !transfer.exchange.IsFresh()) {
    if (line_.MayJoinIdle(transfer.host)) ForgetClosed(transfer.host);
    if (!line_.Enter(transfer.host, transfer.ticket)) {
      transfer.exchange.StandInLine();
      return false;
    }
    transfer.went = transfer.connecting = true;
    entered_.emplace(clock_.SteadyNow() + line_.Patience(transfer.host),
                     transfer.ticket);
  }
  Launch(transfer, found);
  return true;
}

// What the host has closed while nobody was under way. libcurl sees that when
// it looks for a connection, when many may have been let go to join this one.
void CurlFetcher::ForgetClosed(const std::string& host) {
  for (auto known = open_.begin(); known != open_.end();) {
    pollfd end{.fd = known->first, .events = POLLRDHUP, .revents = 0};
    if (known->second == host && poll(&end, 1, 0) > 0) {
      line_.Closed(host);
      known = open_.erase(known);
    } else {
      ++known;
    }
  }
}

// Lets those go on whose turn it is.
void CurlFetcher::Advance(const std::string& host) {
  for (const Ticket ticket : line_.Next(host)) {
    Transfer& next = *running_.at(ticket);
    std::erase(waiting_, &next);
    next.exchange.LeaveLine();
    Admit(next);
  }
}

// Takes it from libcurl, and from those that wait.
void CurlFetcher::Detach(Transfer& transfer) {
  if (std::exchange(transfer.in_loop, false)) {
    loop_.Remove(transfer.exchange.Handle());
  } else if (transfer.exchange.IsInLine()) {
    line_.Drop(transfer.host, transfer.ticket);
  }
  std::erase(waiting_, &transfer);
  if (std::exchange(transfer.connecting, false)) line_.Leave(transfer.host);
  if (!std::exchange(transfer.went, false)) return;
  line_.End(transfer.host);
  Advance(transfer.host);
}

// Called amid libcurl, which must not be called here.
void CurlFetcher::NoteConnected(Transfer& transfer) {
  if (!transfer.exchange.IsInTls()) return;
  const int made = transfer.exchange.SocketMade();
  if (made >= 0 && open_.try_emplace(made, transfer.host).second) {
    line_.Opened(transfer.host);
  }
  connected_.push_back(&transfer);
}

int CurlFetcher::OnClose(void* self, curl_socket_t socket) {
  auto& fetcher = *static_cast<CurlFetcher*>(self);
  if (const auto known = fetcher.open_.extract(socket)) {
    fetcher.line_.Closed(known.mapped());
  }
  return close(socket);
}

// Learns what the hosts speak to whom connections were made or joined.
void CurlFetcher::TakeConnected() {
  for (Transfer* transfer : std::exchange(connected_, {})) {
    line_.Learn(transfer->host, transfer->exchange.IsOnHttp2()
                                    ? ConnectionLine::Speaks::kHttp2
                                    : ConnectionLine::Speaks::kHttp1);
    if (std::exchange(transfer->connecting, false)) {
      line_.Leave(transfer->host);
    }
    Advance(transfer->host);
  }
}

void CurlFetcher::PassOverSlow() {
  const Deadline now = clock_.SteadyNow();
  while (!entered_.empty() && entered_.begin()->first <= now) {
    const auto slow = running_.find(entered_.begin()->second);
    entered_.erase(entered_.begin());
    if (slow == running_.end()) continue;
    Transfer& transfer = *slow->second;
    if (!std::exchange(transfer.connecting, false)) continue;
    line_.Leave(transfer.host);
    Advance(transfer.host);
  }
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
  generations_.Missed(transfer.exchange.Host(), transfer.began,
                      transfer.exchange.Connection());
}

void CurlFetcher::Repeat(Transfer& transfer) {
  Detach(transfer);
  transfer.exchange.Repeat();
  Admit(transfer);
}

milliseconds CurlFetcher::UntilSomethingIsDue(milliseconds most) const {
  Deadline due = clock_.SteadyNow() + most;
  if (const auto at = loop_.DueAt()) due = std::min(due, *at);
  due = std::min(due, names_.NextOverdue());
  if (!waiting_.empty() && !entered_.empty()) {
    due = std::min(due, entered_.begin()->first);
  }
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
      loop_.Carry(event.data.fd, event.events);
    }
  }
  loop_.CarryIfDue();
  TakeConnected();
  PassOverSlow();
  for (const NameCache::Change& change : names_.Overdue(clock_.SteadyNow())) {
    Follow(change);
  }
  TakeFinished();
  EndExpiredWaits();
  return woken;
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
    if (is_meant && change.has_failed && !transfer->exchange.IsInLine()) {
      Error error = transfer->exchange.NotFound(change.name, change.why);
      End(std::move(running_.extract(transfer->ticket).mapped()),
          Fail(std::move(error)));
    } else if (!is_meant || transfer->exchange.IsInLine() ||
               !LaunchIfReady(*transfer)) {
      waiting_.push_back(transfer);
    }
  }
}

void CurlFetcher::TakeFinished() {
  while (const CURLMsg* message = loop_.NextEnded()) {
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
                         transfer->exchange.Connection(),
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

}  // namespace exporter
