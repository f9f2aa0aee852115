// What the collector is told to collect, and from where: values, made from the
// configuration by whoever builds the program.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/credentials.h"
#include "collect/memory.h"
#include "collect/pacing.h"
#include "model/dataset.h"
#include "modelarts/decode.h"
#include "net/transport.h"

namespace exporter {

struct DiscoverySettings {
  std::chrono::milliseconds refresh_interval{300'000};
  std::string include;       // RE2 on the name. Empty: all.
  std::string exclude;       // RE2 on the name. Empty: none.
  std::string workspace_id;  // Empty: the API's default.

  bool operator==(const DiscoverySettings&) const = default;
};

struct ProjectSettings {
  std::string project_id;
  std::string region;
  std::string endpoint;  // "https://host[:port][/path]"
  DurationUnit duration_unit = DurationUnit::kSeconds;
  std::chrono::milliseconds timeout{5000};  // Of one request.
  std::shared_ptr<const Transport> transport;
  std::optional<RateLimit> rate_limit;
  std::shared_ptr<Credentials> credentials;
  // Equal for projects whose requests count against the same account, so that
  // they share the verdict about it.
  std::string account;
  unsigned max_password_tries = 3;  // In all, with one value. 1 to 10
  std::optional<DiscoverySettings> discovery;
};

// This instance's share of the datasets.
struct Shard {
  std::uint32_t index = 0;
  std::uint32_t count = 1;
};

struct CollectorSettings {
  std::size_t concurrency = 32;  // Requests in flight at once. >= 1
  MemoryLimits memory;
  Shard shard;
  std::vector<std::shared_ptr<const ProjectSettings>> projects;
  // The configured datasets of all shards, in the order of the configuration.
  std::vector<Dataset> datasets;
  // A person had them loaded again: passwords that were refused are tried once
  // more.
  bool tries_refused_again = false;
};

}  // namespace exporter
