// Says what the collector is told to collect, and from where: values, made from
// the configuration by whoever builds the program.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "auth/credentials.h"
#include "base/token_bucket.h"
#include "model/dataset.h"
#include "model/discovery_settings.h"
#include "model/duration_unit.h"
#include "model/memory_limits.h"
#include "model/shard.h"
#include "net/transport.h"

namespace exporter {

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
