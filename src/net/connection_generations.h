#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace exporter {

// Decides which of the kept connections to a host new exchanges may join. In
// HTTP/2 many share one, and one whose other end has frozen while the kernel
// there acknowledges all it gets would swallow whatever is sent on it. So the
// connections to a host have a generation, and an exchange that is not answered
// in its time, while nobody else on its connection is, ends it: whoever comes
// later joins none of it, while those who are on it already may still be
// answered. A reply to another on that connection means that the other end is
// but slow, and new connections would make it slower.
//
// In HTTP/1.1 a connection dies with its exchange, and others have no part in
// it: the generation stays.
//
// Connections are named by any number but 0 that no other one to that host has
// while they live.
//
// Not safe for concurrent use.
class ConnectionGenerations {
 public:
  // The numbers go round, since libcurl tells so many apart, and so that what
  // is kept for each does not grow.
  static constexpr unsigned kGenerations = 8;

  struct Moment {
    unsigned generation = 0;
    std::uint64_t replies = 0;  // That this generation has brought so far.
  };

  // What an exchange that begins with `host` ("example.com:8443") joins.
  [[nodiscard]] Moment Now(const std::string& host) const;

  // A reply came from `host` on `connection`, which is of `generation`.
  void Heard(const std::string& host, unsigned generation, int connection,
             bool in_http2);

  // None came in time to an exchange that began at `began` and was sent on
  // `connection`; 0: on none, which says nothing.
  void Missed(const std::string& host, Moment began, int connection);

 private:
  // Beyond that, those that have closed are forgotten along with all others.
  static constexpr std::size_t kMostConnections = 1024;

  struct Host {
    bool speaks_http2 = false;
    Moment now;
    // The number that its last reply has among those of the generation.
    std::unordered_map<int, std::uint64_t> last_replies;
  };
  std::unordered_map<std::string, Host> hosts_;  // That spoke HTTP/2 once.
};

}  // namespace exporter
