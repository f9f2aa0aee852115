#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/fetcher.h"

namespace exporter {

// Who may have a connection to a host made, and who waits in line.
//
// In HTTP/2 a few connections serve all exchanges, so that as long as it is not
// known what a host speaks, few begin: the first handshake of TLS tells. In
// HTTP/1.1 each exchange needs one, and hundreds of handshakes at once take
// memory, but no less time than some after the other: they are work. Meanwhile
// connections that are done with serve those in line.
//
// A host is any name; where it is reached otherwise, or by another generation
// of connections, it is another.
//
// Pure. Not safe for concurrent use.
class ConnectionLine {
 public:
  using Ticket = Fetcher::Ticket;
  enum class Speaks { kUnknown, kHttp1, kHttp2 };

  // Exchanges of a host that have no connection yet.
  static constexpr std::size_t kFirst = 4;  // While kUnknown.
  static constexpr std::size_t kHandshakes = 64;
  // Who has none after this time holds up nobody any more: behind one address
  // may be many servers, of which some hang.
  static constexpr std::chrono::milliseconds kPatience{1000};
  // The same in HTTP/1.1: what takes longer is no work, but a far line.
  static constexpr std::chrono::milliseconds kHandshakeTime{100};
  // Of HTTP/2, on one connection. libcurl puts no more on it; where the host
  // wants fewer, it opens more connections.
  static constexpr std::size_t kStreams = 100;
  // Connections of HTTP/2 beyond those that all exchanges fill.
  static constexpr std::size_t kMore = 3;

  explicit ConnectionLine(std::size_t most_exchanges)
      : most_shared_(most_exchanges / kStreams + kMore) {}

  // How long one that goes now may be without a connection.
  [[nodiscard]] std::chrono::milliseconds Patience(
      const std::string& host) const;

  // True if it may go, until Leave and End. Else it is in line, until Next or
  // Drop.
  bool Enter(const std::string& host, Ticket ticket);

  // One who went has a connection, which speaks this, or ended without, or
  // exceeds its Patience; once for each.
  void Leave(const std::string& host);
  void Learn(const std::string& host, Speaks speaks);
  // One who went has ended, after Leave.
  void End(const std::string& host);

  // A connection was made, and closed.
  void Opened(const std::string& host);
  void Closed(const std::string& host);

  // Whether connections of HTTP/2 lie idle, of which the host may have closed
  // some: Enter would let others go for the sake of those, too.
  [[nodiscard]] bool MayJoinIdle(const std::string& host) const;

  // Those in line who may go now, in order; they are to enter anew.
  std::vector<Ticket> Next(const std::string& host);

  // It waits no longer.
  void Drop(const std::string& host, Ticket ticket);

 private:
  struct Host {
    Speaks speaks = Speaks::kUnknown;
    std::size_t connecting = 0;  // Who went, and have no connection yet.
    std::size_t under_way = 0;   // Who went, and have not ended.
    std::size_t open = 0;        // Connections.
    std::deque<Ticket> line;
  };
  [[nodiscard]] std::size_t Room(const Host& host) const;

  const std::size_t most_shared_;  // Connections of HTTP/2 to a host.
  std::unordered_map<std::string, Host> hosts_;
};

}  // namespace exporter
