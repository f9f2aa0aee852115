#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace exporter {

// Says how the datasets of a project are found.
struct DiscoverySettings {
  std::chrono::milliseconds refresh_interval{300'000};
  std::string include;                   // RE2 on the name. Empty: all.
  std::string exclude;                   // RE2 on the name. Empty: none.
  std::string workspace_id;              // Empty: the API's default.
  std::uint64_t max_datasets = 200'000;  // After `include` and `exclude`. >= 1

  bool operator==(const DiscoverySettings&) const = default;
};

}  // namespace exporter
