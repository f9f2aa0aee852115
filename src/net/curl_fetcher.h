#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/connection_generations.h"
#include "net/connection_line.h"
#include "net/curl_exchange.h"
#include "net/curl_loop.h"
#include "net/fetcher.h"
#include "net/name_cache.h"
#include "net/resolver.h"

namespace exporter {

// The network itself, by libcurl. Connections are kept and used again; where
// the other side speaks HTTP/2 they are shared by exchanges at once. A GET that
// met one which had been closed goes out once more, within its time. What is no
// GET goes out once, on a new connection. Redirects are not followed, so that
// no token leaves for another host. A Transport's files are read whenever a
// connection is made. An HTTP/2 connection on which nothing was answered before
// the deadline or Cancel of a request is left to those who use it already.
//
// What it costs beyond the exchanges in flight is one epoll descriptor, two to
// wake it up, and the Resolver's threads while names are being looked up.
//
// Not safe for concurrent use, but for Wake.
class CurlFetcher final : public Fetcher {
 public:
  struct Options {
    // Connections that are kept open while nobody uses them. At least the
    // number of exchanges at once, or connections are thrown away.
    std::size_t max_connections = 64;
    std::size_t max_body_bytes = 1'048'576;  // After decompression.
    std::size_t max_header_bytes = 262'144;  // All lines together.
    std::string user_agent;                  // Default: none is sent.
  };

  // Reads the proxies from the environment, for transports that ask for them.
  // `clock` must outlive this object and be the one that deadlines come from.
  CurlFetcher(const Clock& clock, Options options);
  ~CurlFetcher() override;
  CurlFetcher(const CurlFetcher&) = delete;
  CurlFetcher& operator=(const CurlFetcher&) = delete;

  // Also kCredentials: a header holds a line break or another control
  // character, and nothing was sent.
  Ticket Start(HttpRequest request, Done done) override;
  void Cancel(Ticket ticket) override;

  // Carries the exchanges on until one has ended, Wake is called, or `timeout`
  // has passed; then calls the `done` of those that ended, in that order.
  // REQUIRES: not called by a `done`.
  void Poll(std::chrono::milliseconds timeout);

  // Makes a Poll that is waiting return, else the next one. Safe to be called
  // from any thread, also from a signal handler.
  void Wake() noexcept;

 private:
  using milliseconds = std::chrono::milliseconds;
  struct Transfer;
  struct Finished {
    Ticket ticket;
    Done done;
    Result<HttpReply> reply;
    HttpRequest request;
  };
  class Descriptor {
   public:
    explicit Descriptor(int number);  // Throws if it is none.
    ~Descriptor();
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int Number() const { return number_; }

   private:
    const int number_;
  };

  std::unique_ptr<Transfer> IdleTransfer();
  void Admit(Transfer& transfer);
  void Launch(Transfer& transfer,
              const std::vector<NameCache::Addresses>& addresses);
  bool LaunchIfReady(Transfer& transfer);
  void ForgetClosed(const std::string& host);
  void Advance(const std::string& host);
  void Detach(Transfer& transfer);
  void NoteConnected(Transfer& transfer);
  static int OnClose(void* self, curl_socket_t socket);
  void TakeConnected();
  void PassOverSlow();
  void End(std::unique_ptr<Transfer> transfer, Result<HttpReply> reply);
  void Recycle(std::unique_ptr<Transfer> transfer);

  void Repeat(Transfer& transfer);
  void NoteMissedReply(const Transfer& transfer);

  [[nodiscard]] milliseconds UntilSomethingIsDue(milliseconds most) const;
  bool WaitAndCarry(milliseconds timeout);
  void TakeLookups();
  void Follow(const NameCache::Change& change);
  void TakeFinished();
  void EndExpiredWaits();
  void Deliver();

  const Clock& clock_;
  const std::size_t max_connections_;
  const ExchangeSettings settings_;
  const Descriptor epoll_;
  const Descriptor wake_;

  // Those that are open in TLS: the socket, and the name in line_. libcurl
  // changes them until it has gone.
  ConnectionLine line_;
  std::unordered_map<int, std::string> open_;
  CurlLoop loop_;

  Ticket last_ticket_ = 0;
  std::unordered_map<Ticket, std::unique_ptr<Transfer>> running_;
  ConnectionGenerations generations_;
  std::vector<Transfer*> connected_;  // Since TakeConnected.
  // Who entered line_, and when others pass who still have no connection.
  std::set<std::pair<Deadline, Ticket>> entered_;
  Resolver resolver_;
  NameCache names_;
  // Those of running_ that need an address, or stand in line.
  std::vector<Transfer*> waiting_;
  std::vector<std::unique_ptr<Transfer>> idle_;
  std::deque<Finished> finished_;  // Waiting for their `done`.
};

}  // namespace exporter
