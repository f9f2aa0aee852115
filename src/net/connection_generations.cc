#include "net/connection_generations.h"

namespace exporter {

ConnectionGenerations::Moment ConnectionGenerations::Now(
    const std::string& host) const {
  const auto known = hosts_.find(host);
  return known == hosts_.end() ? Moment{} : known->second.now;
}

void ConnectionGenerations::Heard(const std::string& host, unsigned generation,
                                  int connection, bool in_http2) {
  if (in_http2) {
    Host& known = hosts_[host];
    known.speaks_http2 = true;
    if (known.now.generation != generation) return;
    if (known.last_replies.size() == kMostConnections) {
      known.last_replies.clear();
    }
    known.last_replies[connection] = ++known.now.replies;
  } else if (const auto known = hosts_.find(host); known != hosts_.end()) {
    known->second.speaks_http2 = false;
  }
}

void ConnectionGenerations::Missed(const std::string& host, Moment began,
                                   int connection) {
  const auto found = hosts_.find(host);
  if (found == hosts_.end() || !found->second.speaks_http2) return;
  Host& known = found->second;
  // Those who shared its connection miss their replies along with it.
  if (connection == 0 || known.now.generation != began.generation) return;
  const auto last = known.last_replies.find(connection);
  if (last != known.last_replies.end() && last->second > began.replies) return;
  known.now = {.generation = (known.now.generation + 1) % kGenerations,
               .replies = 0};
  known.last_replies.clear();
}

}  // namespace exporter
