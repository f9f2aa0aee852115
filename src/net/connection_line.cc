#include "net/connection_line.h"

#include <algorithm>

namespace exporter {
namespace {

std::size_t Beyond(std::size_t most, std::size_t present) {
  return most - std::min(most, present);
}

}  // namespace

// So many more may go.
std::size_t ConnectionLine::Room(const Host& host) const {
  switch (host.speaks) {
    case Speaks::kUnknown:
      return Beyond(kFirst, host.connecting);
    case Speaks::kHttp1:
      return Beyond(kHandshakes, host.connecting);
    case Speaks::kHttp2:
      break;
  }
  const std::size_t joining = Beyond(host.open * kStreams, host.under_way);
  return joining > 0 ? joining
                     : Beyond(most_shared_, host.open + host.connecting);
}

std::chrono::milliseconds ConnectionLine::Patience(
    const std::string& host) const {
  const auto known = hosts_.find(host);
  return known != hosts_.end() && known->second.speaks == Speaks::kHttp1
             ? kHandshakeTime
             : kPatience;
}

bool ConnectionLine::Enter(const std::string& host, Ticket ticket) {
  Host& known = hosts_[host];
  if (Room(known) == 0) {
    known.line.push_back(ticket);
    return false;
  }
  ++known.connecting;
  ++known.under_way;
  return true;
}

void ConnectionLine::Leave(const std::string& host) {
  --hosts_.at(host).connecting;
}

void ConnectionLine::Learn(const std::string& host, Speaks speaks) {
  hosts_[host].speaks = speaks;
}

void ConnectionLine::End(const std::string& host) {
  --hosts_.at(host).under_way;
}

void ConnectionLine::Opened(const std::string& host) { ++hosts_[host].open; }

void ConnectionLine::Closed(const std::string& host) { --hosts_.at(host).open; }

bool ConnectionLine::MayJoinIdle(const std::string& host) const {
  const auto known = hosts_.find(host);
  return known != hosts_.end() && known->second.speaks == Speaks::kHttp2 &&
         known->second.open > 0 && known->second.under_way == 0;
}

std::vector<ConnectionLine::Ticket> ConnectionLine::Next(
    const std::string& host) {
  const auto known = hosts_.find(host);
  if (known == hosts_.end()) return {};
  auto& line = known->second.line;
  const auto end = line.begin() + static_cast<std::ptrdiff_t>(std::min(
                                      Room(known->second), line.size()));
  std::vector<Ticket> next(line.begin(), end);
  line.erase(line.begin(), end);
  return next;
}

void ConnectionLine::Drop(const std::string& host, Ticket ticket) {
  if (const auto known = hosts_.find(host); known != hosts_.end()) {
    std::erase(known->second.line, ticket);
  }
}

}  // namespace exporter
