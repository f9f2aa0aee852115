#pragma once

#include <chrono>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "net/fetcher.h"

namespace exporter {

// Lets one exchange at a time look up a name, while the others that need it
// wait for what it finds: libcurl starts a thread for every lookup, and where a
// name server does not answer, those threads outlive their exchanges by far.
//
// Only decides; to start whom it lets go is the caller's. Not safe for
// concurrent use.
class LookupGate {
 public:
  using Ticket = Fetcher::Ticket;
  enum class Pass {
    kGo,    // The name is known: there is no need to come back.
    kLook,  // Go and look it up; then call Found, NotFound or Left.
    kWait,  // Another one is looking. Call Left to give up waiting.
  };

  // A name that was found needs no lookup for `lifetime`, which is to be a
  // little less than libcurl remembers it.
  explicit LookupGate(std::chrono::milliseconds lifetime)
      : lifetime_(lifetime) {}

  Pass Enter(const std::string& name, Ticket ticket, Deadline now);

  // The one who looked has found it. The result waited for that: it may go.
  std::vector<Ticket> Found(const std::string& name, Deadline now);

  // There is no such name. The result waited for it, and is to be told.
  std::vector<Ticket> NotFound(const std::string& name);

  // `ticket` will bring no news: it ended, gave up waiting, or had no need to
  // look. The result, one ticket at most, is to look in its place.
  std::vector<Ticket> Left(const std::string& name, Ticket ticket);

 private:
  struct Name {
    Deadline known_until{};
    Ticket looking = 0;           // 0: nobody.
    std::vector<Ticket> waiting;  // In the order in which they came.
  };

  const std::chrono::milliseconds lifetime_;
  std::unordered_map<std::string, Name> names_;
};

}  // namespace exporter
