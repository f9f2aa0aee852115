#include "http/connection_table.h"

namespace exporter {

ConnectionId ConnectionTable::Add(
    std::unique_ptr<ClientConnection> connection) {
  const ConnectionId id = next_id_++;
  const Deadline deadline = connection->deadline();
  entries_.emplace(id, Entry{std::move(connection), deadline});
  by_deadline_.emplace(deadline, id);
  return id;
}

ClientConnection* ConnectionTable::Find(ConnectionId id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.connection.get();
}

void ConnectionTable::Settle(ConnectionId id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  auto& [connection, noted] = found->second;
  if (connection->phase() == ClientConnection::Phase::kClosed) {
    Close(id);
  } else if (connection->deadline() != noted) {
    by_deadline_.erase({noted, id});
    noted = connection->deadline();
    by_deadline_.emplace(noted, id);
  }
}

void ConnectionTable::Close(ConnectionId id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  by_deadline_.erase({found->second.noted, id});
  entries_.erase(found);
}

std::optional<Deadline> ConnectionTable::NextDeadline() const {
  if (by_deadline_.empty()) return std::nullopt;
  return by_deadline_.begin()->first;
}

std::optional<ConnectionId> ConnectionTable::Overdue(Deadline now) const {
  if (by_deadline_.empty() || by_deadline_.begin()->first > now) {
    return std::nullopt;
  }
  return by_deadline_.begin()->second;
}

std::optional<ConnectionId> ConnectionTable::LeastMissed() const {
  for (const auto& [deadline, id] : by_deadline_) {
    const ClientConnection::Phase phase = Find(id)->phase();
    if (phase != ClientConnection::Phase::kHandling &&
        phase != ClientConnection::Phase::kWriting) {
      return id;
    }
  }
  return std::nullopt;
}

std::vector<ConnectionId> ConnectionTable::Ids() const {
  std::vector<ConnectionId> ids;
  ids.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) ids.push_back(id);
  return ids;
}

}  // namespace exporter
