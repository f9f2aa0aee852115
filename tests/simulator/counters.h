// What the simulator saw, for tests to ask.

#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace simulator {

enum class Operation { kStatus, kList, kToken, kMetadata, kPod, kOther };
inline constexpr std::array<std::string_view, 6> kOperationNames = {
    "status", "list", "token", "metadata", "pod", "other"};

inline std::string_view Name(Operation operation) {
  return kOperationNames.at(static_cast<std::size_t>(operation));
}

// The control endpoints count nowhere but among the connections.
struct Counters {
  struct OfOperation {
    std::uint64_t requests = 0;
    std::map<int, std::uint64_t> responses;  // By HTTP status, faults included.
  };
  std::array<OfOperation, kOperationNames.size()> operations;
  std::uint64_t connections_accepted = 0;
  std::uint64_t in_flight = 0;      // Requests that came and are not over.
  std::uint64_t max_in_flight = 0;  // The most of them at once.
  // Status requests for a dataset that came while another one was open.
  std::uint64_t overlapping = 0;
  std::uint64_t auth_failures = 0;  // 401 and 403 of the token and key checks.
  std::uint64_t locked_refusals = 0;  // Of these, by a lock.
  std::uint64_t locks = 0;            // Keys and users that were locked.
  std::uint64_t tokens_issued = 0;
  std::uint64_t throttled = 0;  // By --per-project-rate
  std::uint64_t trapped = 0;    // Followed a redirect.
  std::string user_agent;       // Of the last request.

  OfOperation& Of(Operation operation) {
    return operations.at(static_cast<std::size_t>(operation));
  }
};

}  // namespace simulator
