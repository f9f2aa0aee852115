#include "config/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "base/file.h"

namespace exporter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::variant<Flags, EarlyExit> Parse(std::vector<const char*> words) {
  words.insert(words.begin(), "modelarts_exporter");
  return ParseFlags(static_cast<int>(words.size()), words.data());
}

// The flags that `words` say; defaults and a failed test if they are at fault.
Flags Taken(const std::vector<const char*>& words) {
  const auto parsed = Parse(words);
  if (const auto* exit = std::get_if<EarlyExit>(&parsed)) {
    ADD_FAILURE() << exit->out << exit->err;
    return {};
  }
  return std::get<Flags>(parsed);
}

// What is written about `words`; they must be refused.
std::string Refused(const std::vector<const char*>& words) {
  const auto parsed = Parse(words);
  const auto* exit = std::get_if<EarlyExit>(&parsed);
  if (exit == nullptr) {
    ADD_FAILURE() << "not refused";
    return "";
  }
  EXPECT_EQ(exit->status, 2);
  EXPECT_EQ(exit->out, "");
  EXPECT_THAT(exit->err, StartsWith("modelarts_exporter: "));
  EXPECT_EQ(std::count(exit->err.begin(), exit->err.end(), '\n'), 1);
  return exit->err;
}

TEST(ParseFlagsTest, HasTheDocumentedDefaults) {
  const Flags flags = Taken({});

  EXPECT_EQ(flags.config_file, "modelarts_exporter.yml");
  EXPECT_FALSE(flags.config_check);
  EXPECT_FALSE(flags.health_check);
  EXPECT_THAT(flags.listen_addresses, ElementsAre(ListenAddress{"", 10877}));
  EXPECT_FALSE(flags.systemd_socket);
  EXPECT_EQ(flags.telemetry_path, "/metrics");
  EXPECT_EQ(flags.external_url, "");
  EXPECT_EQ(flags.route_prefix, "");
  EXPECT_EQ(flags.web_config_file, "");
  EXPECT_FALSE(flags.enable_lifecycle);
  EXPECT_EQ(flags.max_requests, 40U);
  EXPECT_FALSE(flags.disable_exporter_metrics);
  EXPECT_EQ(flags.shard.index, 0U);
  EXPECT_EQ(flags.shard.count, 1U);
  EXPECT_FALSE(flags.strict_stateset);
  EXPECT_FALSE(flags.created_timestamps);
  EXPECT_EQ(flags.log_level, LogLevel::kInfo);
  EXPECT_EQ(flags.log_format, LogFormat::kLogfmt);
}

TEST(ParseFlagsTest, TakesEveryFlagInBothForms) {
  const Flags flags = Taken({"--config.file",
                             "a.yml",
                             "--config.check",
                             "--web.listen-address=127.0.0.1:1",
                             "--web.listen-address",
                             "[::1]:2",
                             "--web.systemd-socket",
                             "--web.telemetry-path=/m",
                             "--web.config.file=web.yml",
                             "--web.external-url=https://example.org/outer",
                             "--web.route-prefix",
                             "/inner",
                             "--web.enable-lifecycle",
                             "--web.max-requests",
                             "7",
                             "--web.disable-exporter-metrics",
                             "--shard=2",
                             "--total-shards=3",
                             "--metrics.strict-stateset",
                             "--metrics.created-timestamps",
                             "--log.level=debug",
                             "--log.format",
                             "json"});

  EXPECT_EQ(flags.config_file, "a.yml");
  EXPECT_TRUE(flags.config_check);
  EXPECT_THAT(flags.listen_addresses, ElementsAre(ListenAddress{"127.0.0.1", 1},
                                                  ListenAddress{"::1", 2}));
  EXPECT_TRUE(flags.systemd_socket);
  EXPECT_EQ(flags.telemetry_path, "/m");
  EXPECT_EQ(flags.external_url, "https://example.org/outer");
  EXPECT_EQ(flags.route_prefix, "/inner");
  EXPECT_EQ(flags.web_config_file, "web.yml");
  EXPECT_TRUE(flags.enable_lifecycle);
  EXPECT_EQ(flags.max_requests, 7U);
  EXPECT_TRUE(flags.disable_exporter_metrics);
  EXPECT_EQ(flags.shard.index, 2U);
  EXPECT_EQ(flags.shard.count, 3U);
  EXPECT_TRUE(flags.strict_stateset);
  EXPECT_TRUE(flags.created_timestamps);
  EXPECT_EQ(flags.log_level, LogLevel::kDebug);
  EXPECT_EQ(flags.log_format, LogFormat::kJson);
}

TEST(ParseFlagsTest, TakesAHealthCheckThatKnowsWhomToAsk) {
  EXPECT_TRUE(Taken({"--health.check"}).health_check);
  EXPECT_TRUE(Taken({"--web.listen-address=:1", "--web.listen-address=:0",
                     "--health.check"})
                  .health_check);
}

TEST(ParseFlagsTest, TakesNoLimitOfScrapes) {
  EXPECT_EQ(Taken({"--web.max-requests=0"}).max_requests, 0U);
}

TEST(ParseFlagsTest, TakesNoOtherFlagForAnEmptyValue) {
  const Flags flags = Taken({"--web.config.file=", "--config.check",
                             "--web.telemetry-path=/a..b/.c/..."});

  EXPECT_EQ(flags.web_config_file, "");
  EXPECT_TRUE(flags.config_check);
  EXPECT_EQ(flags.telemetry_path, "/a..b/.c/...");
}

TEST(ParseFlagsTest, TakesTheShardFromThePodsName) {
  setenv("POD_NAME", "exporter-2", 1);

  const Flags flags = Taken({"--shard=auto", "--total-shards=3"});
  const std::string too_many = Refused({"--shard=auto", "--total-shards=2"});

  unsetenv("POD_NAME");
  EXPECT_EQ(flags.shard.index, 2U);
  EXPECT_THAT(too_many, HasSubstr("must be less than --total-shards"));
}

TEST(ParseFlagsTest, RefusesWhatItDoesNotUnderstand) {
  const struct {
    std::vector<const char*> words;
    const char* message;
  } kCases[] = {
      {{"--nonsense"}, "--nonsense"},
      {{"--nonsense=1"}, "--nonsense"},
      {{"--nonsense="}, "--nonsense"},
      {{"stray"}, "stray"},
      {{"--", "stray"}, "stray"},
      {{"-x"}, "-x"},
      {{"--web.listen-address", ":1", ":2"}, ":2"},
      {{"--config.check", "stray"}, "stray"},
      {{"--config.file"}, "--config.file"},
      {{"--config.file", "--config.check"}, "--config.file"},
      {{"--web.config.file", "--config.check"}, "--web.config.file"},
      {{"--config.file="}, "--config.file"},
      {{"--config.file", ""}, "--config.file"},
      {{"--config.file=", "a.yml"}, "a.yml"},
      {{"--config.file=a", "--config.file=b"}, "--config.file"},
      {{"--config.check=maybe"}, "--config.check"},
      {{"--health.check", "--config.check"}, "--health.check"},
      {{"--health.check", "--web.listen-address=:0"},
       "--health.check: --web.listen-address ':0' does not say which port"},
      {{"--web.listen-address="}, "--web.listen-address: ''"},
      {{"--web.listen-address=", ":1"}, ":1"},
      {{"--web.listen-address=80"}, "--web.listen-address"},
      {{"--web.telemetry-path=metrics"}, "--web.telemetry-path"},
      {{"--web.telemetry-path=/"}, "--web.telemetry-path"},
      {{"--web.telemetry-path=", "/m"}, "/m"},
      {{"--web.telemetry-path="}, "--web.telemetry-path: ''"},
      {{"--web.telemetry-path=/a/../m"}, "--web.telemetry-path"},
      {{"--web.telemetry-path=/a/."}, "--web.telemetry-path"},
      {{"--web.telemetry-path=/.."}, "--web.telemetry-path"},
      {{"--web.telemetry-path=/probe"}, "another meaning"},
      {{"--web.telemetry-path=/-/ready"}, "another meaning"},
      {{"--web.external-url=https://u:p@example.org"}, "--web.external-url: "},
      {{"--web.route-prefix", "--config.check"}, "--web.route-prefix"},
      {{"--web.max-requests=-1"}, "--web.max-requests"},
      {{"--web.max-requests=4x"}, "--web.max-requests"},
      {{"--shard=1"}, "--shard: 1 must be less than --total-shards, 1"},
      {{"--shard=-1"}, "--shard"},
      {{"--shard=first"}, "--shard"},
      {{"--shard="}, "--shard: ''"},
      {{"--total-shards=0"}, "--total-shards"},
      {{"--total-shards=4294967296"}, "--total-shards"},
      {{"--log.level=loud"}, "--log.level: 'loud'"},
      {{"--log.level=INFO"}, "--log.level"},
      {{"--log.format=xml"}, "--log.format: 'xml'"},
      {{"--log.format=a\nb"}, "--log.format"},
  };
  for (const auto& [words, message] : kCases) {
    SCOPED_TRACE(words.back());
    EXPECT_THAT(Refused(words), HasSubstr(message));
  }
}

TEST(ParseFlagsTest, PrintsHelpAndVersion) {
  const auto help = std::get<EarlyExit>(Parse({"--help"}));
  const auto version = std::get<EarlyExit>(Parse({"--version"}));

  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.out, HasSubstr("--web.listen-address"));
  EXPECT_EQ(help.err, "");
  EXPECT_EQ(version.status, 0);
  EXPECT_THAT(version.out,
              ::testing::MatchesRegex("modelarts_exporter, version [0-9.]+ "
                                      "\\(revision: [^ ]+, compiler: .+\\)\n"));
}

TEST(ParseFlagsTest, HasEveryFlagOfItsHelpInTheReadme) {
  const std::string readme =
      ReadFile(std::string(EXPORTER_CONFIGS) + "/README.md", 1U << 20U)->text;
  std::istringstream help(std::get<EarlyExit>(Parse({"--help"})).out);

  std::size_t flags = 0;
  for (std::string word; help >> word;) {
    if (word.starts_with("-h,")) word.erase(0, 3);
    if (!word.starts_with("--")) continue;
    ++flags;
    if (word.ends_with(',')) word.pop_back();
    EXPECT_THAT(readme, HasSubstr(word.append("`")));
  }
  EXPECT_GE(flags, 15U);
}

TEST(ParseListenAddressTest, KnowsTheThreeForms) {
  EXPECT_EQ(ParseListenAddress(":0"), (ListenAddress{"", 0}));
  EXPECT_EQ(ParseListenAddress("localhost:65535"),
            (ListenAddress{"localhost", 65535}));
  EXPECT_EQ(ParseListenAddress("0.0.0.0:80"), (ListenAddress{"0.0.0.0", 80}));
  EXPECT_EQ(ParseListenAddress("[::]:80"), (ListenAddress{"::", 80}));
  for (const char* text :
       {"", "80", ":", "host", "host:", "host:65536", "host:-1", "::1:80",
        "[::1]", "[::1]80", "[]:80", "[host]:80", "a b:80", "http://a:80",
        "host:80 ", "[::1:80", "::1]:80"}) {
    EXPECT_EQ(ParseListenAddress(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace exporter
