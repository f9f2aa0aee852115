#include "net/connection_generations.h"

namespace exporter {

unsigned ConnectionGenerations::Of(const std::string& host) const {
  const auto known = hosts_.find(host);
  return known == hosts_.end() ? 0 : known->second.generation;
}

void ConnectionGenerations::Heard(const std::string& host, bool in_http2) {
  if (in_http2) {
    hosts_[host].speaks_http2 = true;
  } else if (const auto known = hosts_.find(host); known != hosts_.end()) {
    known->second.speaks_http2 = false;
  }
}

void ConnectionGenerations::Missed(const std::string& host,
                                   unsigned generation) {
  const auto known = hosts_.find(host);
  if (known == hosts_.end() || !known->second.speaks_http2) return;
  // Those who shared its connection miss their replies along with it.
  if (known->second.generation == generation) ++known->second.generation;
}

}  // namespace exporter
