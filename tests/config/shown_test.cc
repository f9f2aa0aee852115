#include "config/shown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "config/loader.h"
#include "support/temp_folder.h"

namespace exporter {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::shared_ptr<const Config> Load(const TempFolder& folder,
                                   const std::string& text) {
  const LoadedConfig loaded = LoadConfig(folder.Write("config.yml", text));
  for (const Fault& fault : loaded.faults) ADD_FAILURE() << ToString(fault);
  return loaded.config ? loaded.config : std::make_shared<Config>();
}

constexpr char kText[] =
    "projects: [{project_id: p, region: r, dataset_files: ['d/*.yml'],"
    " credentials: {token_file: token}, datasets: [{id: own}]}]";

void WriteFiles(const TempFolder& folder, const std::string& dataset) {
  std::filesystem::create_directory(folder.path() + "/d");
  folder.Write("d/a.yml", dataset);
  folder.Write("token", "hunter2");
}

TEST(RenderConfigTest, FillsInDefaultsAndHidesSecrets) {
  const TempFolder folder;
  const auto config = Load(folder, R"(
projects:
  - project_id: "0123"
    region: r
    rate_limit: {requests: 5, per: 90s}
    http: {proxy_url: "http://user:hunter2@proxy:3128"}
    credentials: {password: {domain: d, user: "on", password: hunter2}}
    datasets:
      - {id: d1, name: "a \"b\"", labels: {team: x, "null": y}}
      - {id: 数据集}
    discovery: {include: '^a\.b'}
  - project_id: p2
    endpoint: https://example.com
    credentials: {access_key: {id: hunter2, secret: hunter2, security_token: hunter2}}
    discovery: {}
)");

  EXPECT_EQ(config->shown, R"(scrape:
  timeout: 10s
  timeout_offset: 500ms
  concurrency: 32
  min_interval:
    active: 0s
    settled: 0s
  max_stale: 0s
projects:
  - project_id: "0123"
    region: r
    cloud: myhuaweicloud.com
    endpoint: https://modelarts.r.myhuaweicloud.com
    duration_unit: seconds
    rate_limit:
      requests: 5
      per: 1m30s
      burst: 1
    http:
      timeout: 5s
      proxy_url: http://user:<secret>@proxy:3128
      proxy_from_environment: false
      tls:
        min_version: TLS12
        insecure_skip_verify: false
    credentials:
      password:
        domain: d
        user: "on"
        password: <secret>
        iam_endpoint: https://iam.r.myhuaweicloud.com
        max_tries: 3
    datasets:
      - id: d1
        name: "a \"b\""
        labels:
          team: x
          "null": "y"
      - id: "数据集"
    discovery:
      refresh_interval: 5m
      include: "^a\\.b"
      max_datasets: 200000
  - project_id: p2
    cloud: myhuaweicloud.com
    endpoint: https://example.com
    duration_unit: seconds
    http:
      timeout: 5s
      proxy_from_environment: false
      tls:
        min_version: TLS12
        insecure_skip_verify: false
    credentials:
      access_key:
        id: <secret>
        secret: <secret>
        security_token: <secret>
    discovery:
      refresh_interval: 5m
      max_datasets: 200000
)");
}

TEST(RenderConfigTest, CanBeLoadedAgainAndThenShowsTheSame) {
  const TempFolder folder;
  std::filesystem::copy(EXPORTER_TESTDATA, folder.path(),
                        std::filesystem::copy_options::recursive);
  for (const auto& entry :
       std::filesystem::directory_iterator(folder.path() + "/good")) {
    SCOPED_TRACE(entry.path());
    const std::string path = entry.path();
    const LoadedConfig first = LoadConfig(path);
    ASSERT_NE(first.config, nullptr);

    std::ofstream(path) << first.config->shown;
    const LoadedConfig second = LoadConfig(path);

    for (const Fault& fault : second.faults) ADD_FAILURE() << ToString(fault);
    ASSERT_NE(second.config, nullptr);
    EXPECT_EQ(second.config->shown, first.config->shown);
    EXPECT_EQ(second.config->hash, first.config->hash);
  }
}

TEST(RenderConfigTest, ShowsAnyNameAndLabelSoThatItIsReadAgain) {
  const TempFolder folder;
  const auto first = Load(folder, R"(
projects:
  - project_id: p
    region: r
    datasets:
      - id: d
        name: "a\nb: \t\x7F\0\\"
        labels: {a: "", b: "\r\n\"\x85\u2028é", c: " "}
)");

  const auto second = Load(folder, first->shown);

  EXPECT_THAT(first->shown,
              HasSubstr("name: \"a\\nb: \\x09\\x7F\\x00\\\\\"\n"));
  EXPECT_THAT(first->shown, HasSubstr("a: \"\"\n"));
  EXPECT_THAT(first->shown, HasSubstr("b: \"\\x0D\\n\\\"\\x85"));
  ASSERT_EQ(second->projects.size(), 1U);
  const Dataset& before = first->projects[0].datasets.at(0);
  const Dataset& after = second->projects[0].datasets.at(0);
  EXPECT_EQ(after.name, before.name);
  EXPECT_EQ(after.labels, before.labels);
  EXPECT_EQ(second->shown, first->shown);
}

TEST(RenderConfigTest, ShowsTheSameEndpointWhetherGivenOrMade) {
  const TempFolder folder;
  const std::string made =
      Load(folder,
           "projects: [{project_id: p, region: CN-North-4, "
           "datasets: [{id: d}]}]")
          ->shown;

  EXPECT_THAT(made, HasSubstr("endpoint: https://modelarts.cn-north-4."));
  EXPECT_EQ(Load(folder, made)->shown, made);
}

TEST(RenderConfigTest, ShowsNoSecretOfAnyKind) {
  const LoadedConfig loaded =
      LoadConfig(std::string(EXPORTER_TESTDATA) + "/good/everything.yml");

  ASSERT_NE(loaded.config, nullptr);
  EXPECT_THAT(loaded.config->shown, Not(HasSubstr("hunter2")));
}

TEST(HashConfigTest, IsTheSameInAnotherFolder) {
  const TempFolder one;
  const TempFolder other("another");
  WriteFiles(one, "- id: d1");
  WriteFiles(other, "- id: d1");

  EXPECT_EQ(Load(one, kText)->hash, Load(other, kText)->hash);
}

TEST(HashConfigTest, ChangesWithTheDatasetsOfAFile) {
  const TempFolder folder;
  WriteFiles(folder, "- id: d1");
  const std::uint64_t before = Load(folder, kText)->hash;

  WriteFiles(folder, "- id: d2");

  EXPECT_NE(Load(folder, kText)->hash, before);
  EXPECT_LT(before, std::uint64_t{1} << 53U);
}

TEST(HashConfigTest, ChangesWithALabelThatIsEmpty) {
  const TempFolder folder;
  WriteFiles(folder, "- {id: d1, labels: {a: ''}}");
  const std::uint64_t before = Load(folder, kText)->hash;

  WriteFiles(folder, "- {id: d1, labels: {b: ''}}");

  EXPECT_NE(Load(folder, kText)->hash, before);
}

TEST(HashConfigTest, DoesNotChangeWithCommentsOrSpelledOutDefaults) {
  const TempFolder folder;
  WriteFiles(folder, "- id: d1");

  EXPECT_EQ(
      Load(folder, kText)->hash,
      Load(folder, std::string("# note\nscrape: {timeout: 10000ms}\n") + kText)
          ->hash);
}

}  // namespace
}  // namespace exporter
