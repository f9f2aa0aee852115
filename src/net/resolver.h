#pragma once

#include <memory>
#include <string>
#include <vector>

namespace exporter {

// Asks the system for the addresses of names: /etc/hosts, name servers and what
// else /etc/nsswitch.conf names. It may take minutes and cannot be called off,
// so that threads of its own ask, and go when there is nothing more to ask.
// There are at most kMaxThreads; what comes beyond waits for one of them. Those
// that still ask when this object ends are left to themselves.
//
// Not safe for concurrent use.
class Resolver {
 public:
  static constexpr int kMaxThreads = 64;

  struct Answer {
    std::string name;
    int family;
    // "192.0.2.1,[2001:db8::1]", the best first, 32 at most; empty: none.
    std::string addresses;
    std::string why;  // there are none: "Temporary failure in name resolution"
  };

  Resolver();  // Throws std::system_error if there is no descriptor left.
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // `family`: AF_UNSPEC for addresses of any kind, or AF_INET. Does not block.
  void Ask(const std::string& name, int family);

  // Can be read while there is something to take: for poll and its like.
  [[nodiscard]] int Descriptor() const;

  // The answers that have come since the last call.
  std::vector<Answer> Take();

 private:
  struct Desk;
  static void Work(Desk& desk);

  const std::shared_ptr<Desk> desk_;  // Its threads have it too.
};

}  // namespace exporter
