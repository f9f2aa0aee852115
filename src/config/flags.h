#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/listen_address.h"
#include "base/log.h"
#include "model/shard.h"

namespace exporter {

// "host:port", ":port" or "[ipv6]:port". None for anything else.
std::optional<ListenAddress> ParseListenAddress(std::string_view text);

// The command line, checked.
struct Flags {
  std::string config_file = "modelarts_exporter.yml";
  bool config_check = false;
  bool health_check = false;  // The first address has a port then.
  std::vector<ListenAddress> listen_addresses = {{"", 10877}};
  bool systemd_socket = false;  // Its sockets in the place of the addresses.
  std::string telemetry_path = "/metrics";
  // Where people and Prometheus reach it, "https://example.org/modelarts", as
  // NormalizeEndpoint has it; empty: at the address that they ask.
  std::string external_url;
  std::string route_prefix;     // Of all paths, "/modelarts"; empty: none.
  std::string web_config_file;  // Empty: none.
  bool enable_lifecycle = false;
  std::size_t max_requests = 40;  // 0: no limit.
  bool disable_exporter_metrics = false;
  Shard shard{};  // `auto` is resolved.
  bool strict_stateset = false;
  bool created_timestamps = false;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kLogfmt;
};

// The program has nothing more to do: `out` and `err` go to their streams as
// they are, `status` is its exit status.
struct EarlyExit {
  int status = 0;
  std::string out;
  std::string err;
};

// What `argv` says: Flags; or an EarlyExit with status 0 for --help and
// --version, and with status 2 and one line about the first fault. Reads the
// environment for --shard=auto alone.
std::variant<Flags, EarlyExit> ParseFlags(int argc, const char* const* argv);

}  // namespace exporter
