#include "net/connection_generations.h"

namespace exporter {

ConnectionGenerations::Moment ConnectionGenerations::Now(
    const std::string& host) const {
  const auto known = hosts_.find(host);
  return known == hosts_.end() ? Moment{} : known->second.now;
}

void ConnectionGenerations::Heard(const std::string& host, unsigned generation,
                                  bool in_http2) {
  if (in_http2) {
    Host& known = hosts_[host];
    known.speaks_http2 = true;
    if (known.now.generation == generation) ++known.now.replies;
  } else if (const auto known = hosts_.find(host); known != hosts_.end()) {
    known->second.speaks_http2 = false;
  }
}

void ConnectionGenerations::Missed(const std::string& host, Moment began) {
  const auto known = hosts_.find(host);
  if (known == hosts_.end() || !known->second.speaks_http2) return;
  Moment& now = known->second.now;
  // Those who shared its connection miss their replies along with it.
  if (now.generation != began.generation || now.replies != began.replies) {
    return;
  }
  now = {.generation = now.generation + 1, .replies = 0};
}

}  // namespace exporter
