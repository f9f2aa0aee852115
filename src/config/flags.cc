#include "config/flags.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include "base/version.h"
#include "config/endpoint.h"
#include "config/shard_ordinal.h"
#include "config/web_paths.h"

namespace exporter {
namespace {

template <typename T>
std::optional<T> ParseWhole(std::string_view text) {
  T number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

// The command line as it is written, for the checks that look at more than one
// flag.
struct Words {
  std::vector<std::string> listen_addresses;
  std::string external_url;
  std::string route_prefix;
  std::string shard = "0";
  std::string total_shards = "1";
  std::string max_requests = "40";
  std::string log_level = "info";
  std::string log_format = "logfmt";
  bool version = false;
};

void Declare(CLI::App& app, Flags& flags, Words& words) {
  app.add_option("--config.file", flags.config_file, "The configuration.")
      ->type_name("FILE")
      ->capture_default_str();
  CLI::Option* const check = app.add_flag(
      "--config.check", flags.config_check,
      "Check the configuration and --web.config.file, print faults and "
      "warnings to stderr, exit 1 if there is a fault, else 0.");
  app.add_flag("--health.check", flags.health_check,
               "Ask /-/healthy of the instance that --web.listen-address and "
               "--web.config.file describe, print nothing, exit 0 if it "
               "serves, else 1.")
      ->excludes(check);
  app.add_option("--web.listen-address", words.listen_addresses,
                 "host:port, :port or [ipv6]:port; repeatable; port 0 picks "
                 "one. [:10877]")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  app.add_flag("--web.systemd-socket", flags.systemd_socket,
               "Serve on the sockets that systemd passes, not on "
               "--web.listen-address");
  app.add_option("--web.telemetry-path", flags.telemetry_path,
                 "Where the metrics are.")
      ->type_name("PATH")
      ->capture_default_str();
  app.add_option("--web.external-url", words.external_url,
                 "Where the exporter is reached behind a reverse proxy: for "
                 "the targets of /sd, redirects, and its path as prefix.")
      ->type_name("URL");
  app.add_option("--web.route-prefix", words.route_prefix,
                 "What all paths begin with; '/' where the proxy takes the "
                 "prefix away. [the path of the URL]")
      ->type_name("PATH");
  app.add_option("--web.config.file", flags.web_config_file,
                 "TLS and passwords, as the Prometheus exporter toolkit has "
                 "them.")
      ->type_name("FILE");
  app.add_flag("--web.enable-lifecycle", flags.enable_lifecycle,
               "Allow POST /-/reload and POST /-/quit.");
  app.add_option("--web.max-requests", words.max_requests,
                 "Scrapes served at once; one more gets 503; 0: no limit.")
      ->type_name("N")
      ->capture_default_str();
  app.add_flag("--web.disable-exporter-metrics", flags.disable_exporter_metrics,
               "Leave out the metrics of the exporter itself.");
  app.add_option("--shard", words.shard,
                 "Which share of the datasets is ours; auto: the ordinal at "
                 "the end of POD_NAME, HOSTNAME or the host's name.")
      ->type_name("N|auto")
      ->capture_default_str();
  app.add_option("--total-shards", words.total_shards,
                 "Into how many shares the datasets are split.")
      ->type_name("N")
      ->capture_default_str();
  app.add_flag("--metrics.strict-stateset", flags.strict_stateset,
               "Write the sync status as an OpenMetrics StateSet.");
  app.add_flag("--metrics.created-timestamps", flags.created_timestamps,
               "Say in OpenMetrics 1.0 since when counters count, as samples "
               "'..._created'.");
  app.add_option("--log.level", words.log_level, "debug, info, warn or error.")
      ->type_name("LEVEL")
      ->capture_default_str();
  app.add_option("--log.format", words.log_format, "logfmt or json.")
      ->type_name("FORMAT")
      ->capture_default_str();
  app.add_flag("--version", words.version, "Print the version and exit.");
  app.set_help_flag("-h,--help", "Print this and exit.");
}

// Each of these puts one group of words into `flags`, or says what is wrong.

std::string ReadAddresses(const Words& words, Flags& flags) {
  if (words.listen_addresses.empty()) return "";
  flags.listen_addresses.clear();
  for (const std::string& word : words.listen_addresses) {
    const auto address = ParseListenAddress(word);
    if (!address) {
      return "--web.listen-address: '" + word +
             "' is none of host:port, :port, [ipv6]:port";
    }
    flags.listen_addresses.push_back(*address);
  }
  if (flags.health_check && flags.listen_addresses.front().port == 0) {
    return "--health.check: --web.listen-address '" +
           words.listen_addresses.front() + "' does not say which port to ask";
  }
  return "";
}

std::string ReadPaths(Flags& flags) {
  // A flag whose value was forgotten takes the next flag for it.
  if (flags.config_file.empty() || flags.config_file.starts_with("--")) {
    return "--config.file: names no file";
  }
  if (flags.web_config_file.starts_with("--")) {
    return "--web.config.file: names no file";
  }
  const std::string& path = flags.telemetry_path;
  if (path.size() < 2 || !IsPlainPath(path)) {
    return "--web.telemetry-path: '" + path + "' is no path such as /metrics";
  }
  const bool is_taken = path.starts_with("/-/") || path.starts_with("/api/") ||
                        path == "/probe" || path == "/sd" || path == "/config";
  if (is_taken) {
    return "--web.telemetry-path: '" + path + "' has another meaning already";
  }
  return "";
}

std::string ReadExternalAddress(const Words& words, Flags& flags) {
  Result<ExternalAddress> address =
      ParseExternalAddress(words.external_url, words.route_prefix);
  if (!address) return address.error().message;
  flags.external_url = std::move(address->url);
  flags.route_prefix = std::move(address->route_prefix);
  return "";
}

std::string ReadShards(const Words& words, Flags& flags) {
  const auto total = ParseWhole<std::uint32_t>(words.total_shards);
  if (!total || *total == 0) {
    return "--total-shards: '" + words.total_shards +
           "' is no whole number above 0";
  }
  const bool is_auto = words.shard == "auto";
  const auto shard =
      is_auto ? OrdinalOfThisPod() : ParseWhole<std::uint32_t>(words.shard);
  if (!shard) {
    return is_auto ? "--shard=auto: neither POD_NAME nor HOSTNAME nor the "
                     "host's name ends in a dash and a number"
                   : "--shard: '" + words.shard +
                         "' is neither 'auto' nor a whole number";
  }
  if (*shard >= *total) {
    return "--shard: " + std::to_string(*shard) + (is_auto ? " (auto)" : "") +
           " must be less than --total-shards, " + words.total_shards;
  }
  flags.shard = {.index = *shard, .count = *total};
  return "";
}

std::string ReadNumbersAndChoices(const Words& words, Flags& flags) {
  const auto max_requests = ParseWhole<std::uint32_t>(words.max_requests);
  if (!max_requests) {
    return "--web.max-requests: '" + words.max_requests +
           "' is no whole number";
  }
  flags.max_requests = *max_requests;
  const auto* level =
      std::find_if(kAllLogLevels.begin(), kAllLogLevels.end(),
                   [&](LogLevel l) { return ToLabel(l) == words.log_level; });
  if (level == kAllLogLevels.end()) {
    return "--log.level: '" + words.log_level +
           "' is none of debug, info, warn, error";
  }
  flags.log_level = *level;
  if (words.log_format != "logfmt" && words.log_format != "json") {
    return "--log.format: '" + words.log_format + "' is none of logfmt, json";
  }
  flags.log_format =
      words.log_format == "json" ? LogFormat::kJson : LogFormat::kLogfmt;
  return "";
}

std::string ReadAll(const Words& words, Flags& flags) {
  for (const std::string& fault :
       {ReadPaths(flags), ReadExternalAddress(words, flags),
        ReadAddresses(words, flags), ReadShards(words, flags),
        ReadNumbersAndChoices(words, flags)}) {
    if (!fault.empty()) return fault;
  }
  return "";
}

// The words of `argv` behind the program's name, the last first, as CLI11 wants
// them. It would take the next word for the value of --flag=; so the empty one
// becomes a word of its own.
std::vector<std::string> WordsFromTheEnd(const CLI::App& app, int argc,
                                         const char* const* argv) {
  std::vector<std::string> words;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    const CLI::Option* option =
        word.ends_with('=')
            ? app.get_option_no_throw(word.substr(0, word.size() - 1))
            : nullptr;
    const bool is_empty =
        option != nullptr && option->get_items_expected_max() > 0;
    if (is_empty) word.pop_back();
    words.push_back(std::move(word));
    if (is_empty) words.emplace_back();
  }
  std::reverse(words.begin(), words.end());
  return words;
}

EarlyExit Refuse(std::string fault) {
  std::replace_if(
      fault.begin(), fault.end(), [](char c) { return c == '\n' || c == '\r'; },
      ' ');
  return {2, "", "modelarts_exporter: " + fault + "; --help lists the flags\n"};
}

std::string VersionText() {
  return "modelarts_exporter, version " + std::string(Version()) +
         " (revision: " + std::string(Revision()) +
         ", compiler: " + std::string(Compiler()) + ")\n";
}

}  // namespace

std::optional<ListenAddress> ParseListenAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = ParseWhole<std::uint16_t>(text.substr(colon + 1));
  if (!port) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
    const bool is_ipv6 = host.find(':') != std::string_view::npos &&
                         host.find_first_of("[]") == std::string_view::npos;
    if (!is_ipv6) return std::nullopt;
  } else if (!host.empty() && !IsHostName(host)) {
    return std::nullopt;
  }
  return ListenAddress{std::string(host), *port};
}

std::variant<Flags, EarlyExit> ParseFlags(int argc, const char* const* argv) {
  CLI::App app("Prometheus exporter for the sync tasks of ModelArts datasets.",
               "modelarts_exporter");
  Flags flags;
  Words words;
  Declare(app, flags, words);
  try {
    app.parse(WordsFromTheEnd(app, argc, argv));
  } catch (const CLI::CallForHelp&) {
    return EarlyExit{0, app.help(), ""};
  } catch (const CLI::ParseError& error) {
    return Refuse(error.what());
  }
  if (words.version) return EarlyExit{0, VersionText(), ""};
  const std::string fault = ReadAll(words, flags);
  if (!fault.empty()) return Refuse(fault);
  return flags;
}

}  // namespace exporter
