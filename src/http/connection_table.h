#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "http/client_connection.h"

namespace exporter {

using ConnectionId = std::uint64_t;  // Never used twice.

// The connections that are open, by id and by deadline. Not safe for concurrent
// use.
class ConnectionTable {
 public:
  // Ids begin with `first_id`.
  explicit ConnectionTable(ConnectionId first_id) : next_id_(first_id) {}

  ConnectionId Add(std::unique_ptr<ClientConnection> connection);

  // Null if it is closed already.
  [[nodiscard]] ClientConnection* Find(ConnectionId id) const;

  // To be told after anything was done to the connection: notes its deadline,
  // and forgets it, which closes its socket, when it is kClosed.
  void Settle(ConnectionId id);

  // Forgets the connection, which closes its socket.
  void Close(ConnectionId id);

  [[nodiscard]] std::optional<Deadline> NextDeadline() const;

  // One whose deadline has come.
  [[nodiscard]] std::optional<ConnectionId> Overdue(Deadline now) const;

  // Of those that nothing is written to, and that are not with a handler, the
  // one with the nearest deadline.
  [[nodiscard]] std::optional<ConnectionId> LeastMissed() const;

  [[nodiscard]] std::vector<ConnectionId> Ids() const;
  [[nodiscard]] std::size_t Size() const { return entries_.size(); }

 private:
  struct Entry {
    std::unique_ptr<ClientConnection> connection;
    Deadline noted;  // Where it stands in by_deadline_.
  };

  ConnectionId next_id_;
  std::unordered_map<ConnectionId, Entry> entries_;
  std::set<std::pair<Deadline, ConnectionId>> by_deadline_;
};

}  // namespace exporter
