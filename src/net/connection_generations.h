#pragma once

#include <string>
#include <unordered_map>

namespace exporter {

// Which of the kept connections to a host new exchanges may join. In HTTP/2
// many share one, and one whose other end has frozen while the kernel there
// acknowledges all it gets would swallow whatever is sent on it. So the
// connections to a host have a generation, and an exchange that is not answered
// in its time ends that of its own: whoever comes later joins none of it, while
// those who are on it already may still be answered.
//
// In HTTP/1.1 a connection dies with its exchange, and others have no part in
// it: the generation stays.
//
// Not safe for concurrent use.
class ConnectionGenerations {
 public:
  // Of a host ("example.com:8443") that was never heard of: 0.
  [[nodiscard]] unsigned Of(const std::string& host) const;

  // A reply came from `host`.
  void Heard(const std::string& host, bool in_http2);

  // None came in time to an exchange on a connection of `generation`.
  void Missed(const std::string& host, unsigned generation);

 private:
  struct Host {
    bool speaks_http2 = false;
    unsigned generation = 0;
  };
  std::unordered_map<std::string, Host> hosts_;  // That spoke HTTP/2 once.
};

}  // namespace exporter
