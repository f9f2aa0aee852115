// Defines the configuration in force: plain values, checked. Every default of
// the documentation stands beside its member.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/secret.h"
#include "base/token_bucket.h"
#include "model/dataset.h"
#include "model/discovery_settings.h"
#include "model/duration_unit.h"
#include "model/memory_limits.h"
#include "net/transport.h"

namespace exporter {

// A secret that is written in the configuration, or the file that holds it. The
// file is read again when it changes, so its path is what is kept.
struct SecretSource {
  Secret value;      // Used where `file` is empty.
  std::string file;  // Absolute, or relative to the working directory.

  bool operator==(const SecretSource&) const = default;
};

struct TokenConfig {
  SecretSource token;
  bool operator==(const TokenConfig&) const = default;
};
struct PasswordConfig {
  std::string domain;
  std::string user;
  SecretSource password;
  std::string iam_endpoint;  // Default: https://iam.{region}.{cloud}
  // How often one value is tried while IAM refuses it. 1 to 10.
  std::uint64_t max_tries = 3;
  bool operator==(const PasswordConfig&) const = default;
};
struct AccessKeyConfig {
  SecretSource id;
  SecretSource secret;
  std::optional<SecretSource> security_token;
  bool operator==(const AccessKeyConfig&) const = default;
};
struct EnvironmentConfig {
  bool operator==(const EnvironmentConfig&) const = default;
};
struct ProfileConfig {
  // Empty: HUAWEICLOUD_SDK_CREDENTIALS_FILE, else ~/.huaweicloud/credentials.
  std::string file;
  std::string section = "basic";
  bool operator==(const ProfileConfig&) const = default;
};
struct InstanceMetadataConfig {
  std::string endpoint = "http://169.254.169.254";
  bool operator==(const InstanceMetadataConfig&) const = default;
};
struct PodIdentityConfig {
  bool operator==(const PodIdentityConfig&) const = default;
};
struct DefaultChainConfig {
  bool operator==(const DefaultChainConfig&) const = default;
};
using CredentialsConfig =
    std::variant<DefaultChainConfig, TokenConfig, PasswordConfig,
                 AccessKeyConfig, EnvironmentConfig, ProfileConfig,
                 InstanceMetadataConfig, PodIdentityConfig>;

struct HttpConfig {
  std::chrono::milliseconds timeout{5000};
  Transport transport;
  bool operator==(const HttpConfig&) const = default;
};

struct ProjectConfig {
  std::string project_id;
  std::string region;
  std::string cloud = "myhuaweicloud.com";
  std::string endpoint;  // "https://host[:port][/path]", no slash at the end.
  DurationUnit duration_unit = DurationUnit::kSeconds;
  std::optional<RateLimit> rate_limit;
  HttpConfig http;
  CredentialsConfig credentials;
  std::vector<Dataset> datasets;  // Those of dataset_files after the others.
  // How many of them stand in the configuration itself, at the front.
  std::size_t own_datasets = 0;
  std::vector<std::string> dataset_files;  // The patterns, resolved.
  std::optional<DiscoverySettings> discovery;
};

struct ScrapeConfig {
  std::chrono::milliseconds timeout{10'000};
  std::chrono::milliseconds timeout_offset{500};
  std::size_t concurrency = 32;
  MemoryLimits memory;
};

struct Config {
  ScrapeConfig scrape;
  std::vector<ProjectConfig> projects;
  // The configuration as YAML with all defaults filled in and `<secret>` for
  // every secret: what GET /config shows.
  std::string shown;
  // From `shown` and all datasets, those of dataset_files included; equal on
  // replicas that agree, wherever their folders are and whatever their secrets.
  // Below 2^53, so that a double holds it.
  std::uint64_t hash = 0;
};

}  // namespace exporter
