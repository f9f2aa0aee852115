#include "pages/datasets_json.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "pages/sample_overview.h"
#include "support/whole_body.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr std::chrono::milliseconds kThen = 1'704'110'400'000ms;

Overview OneRow(Dataset dataset, Overview::Row row) {
  auto catalogue = std::make_shared<Catalogue>();
  catalogue->datasets.push_back(std::move(dataset));
  Overview overview;
  overview.catalogue = catalogue;
  overview.rows.push_back(std::move(row));
  return overview;
}

Dataset Named() {
  return {.key = {"p1", "d1"},
          .name = "street-signs",
          .region = "cn-north-4",
          .labels = {{"team", "perception"}}};
}

Overview::Row Answered(SyncStatus status) {
  Overview::Row row;
  row.reading.status = std::make_shared<const SyncStatus>(std::move(status));
  row.reading.fetched = WallTime(kThen);
  return row;
}

std::string Rendered(const Overview& overview) {
  return WholeBody(
      RenderDatasetsJson(std::make_shared<const Overview>(overview)));
}

TEST(DatasetsJsonTest, IsAnEmptyListWithoutDatasets) {
  Overview overview;
  overview.catalogue = std::make_shared<Catalogue>();

  EXPECT_EQ(Rendered(overview), "{\"datasets\":[\n]}\n");
}

TEST(DatasetsJsonTest, SaysWhichProjectsWereNeverListed) {
  Overview overview;
  overview.catalogue = std::make_shared<Catalogue>();
  overview.never_listed = {"p", "\"q\""};

  EXPECT_EQ(Rendered(overview),
            "{\"datasets\":[\n],\"not_listed\":[\"p\",\"\\\"q\\\"\"]}\n");
}

TEST(DatasetsJsonTest, GivesEveryFieldOfAnAnswer) {
  SyncStatus status;
  status.state = SyncState::kFailed;
  status.total_samples = INT64_MAX;
  status.added_samples = 0;
  status.deleted_samples = 4;
  status.created = WallTime(kThen - 1h);
  status.runtime = 37s;
  status.error_code = "ModelArts.4718";
  status.error_text = "No such path.";

  EXPECT_EQ(Rendered(OneRow(Named(), Answered(status))),
            "{\"datasets\":[\n"
            R"({"project_id":"p1","dataset_id":"d1","name":"street-signs",)"
            R"("region":"cn-north-4","labels":{"team":"perception"},)"
            R"("status":"FAILED","total_samples":9223372036854775807,)"
            R"("added_samples":0,"deleted_samples":4,"duration_seconds":37,)"
            R"("created":"2024-01-01T11:00:00.000Z",)"
            R"("last_query":"2024-01-01T12:00:00.000Z","success":true,)"
            R"("error_code":"ModelArts.4718","message":"No such path."})"
            "\n]}\n");
}

TEST(DatasetsJsonTest, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(Rendered(OneRow({.key = {"p1", "d1"}}, Overview::Row())),
            "{\"datasets\":[\n"
            R"({"project_id":"p1","dataset_id":"d1","labels":{}})"
            "\n]}\n");
}

TEST(DatasetsJsonTest, TellsAFailureWithoutTheStateOfBefore) {
  Overview::Row row;
  row.reading.failure = std::make_shared<const Error>(
      Error{.kind = ErrorKind::kForbidden,
            .message = "GET https://h/v2/p1: HTTP 403",
            .http_status = 403,
            .code = "ModelArts.4336",
            .cloud_text = "No right.",
            .request_id = "r-1"});
  row.last_good = std::make_shared<const SyncStatus>();

  EXPECT_EQ(Rendered(OneRow({.key = {"p1", "d1"}}, row)),
            "{\"datasets\":[\n"
            R"({"project_id":"p1","dataset_id":"d1","labels":{},)"
            R"("success":false,"reason":"forbidden","http_status":403,)"
            R"("error_code":"ModelArts.4336","request_id":"r-1",)"
            R"("message":"No right."})"
            "\n]}\n");
}

TEST(DatasetsJsonTest, SaysInOurWordsWhatTheCloudLeftUnsaid) {
  Overview::Row row;
  row.reading.failure = std::make_shared<const Error>(
      Error{.kind = ErrorKind::kTimeout, .message = "no reply within 5s"});

  const auto json =
      nlohmann::json::parse(Rendered(OneRow({.key = {"p1", "d1"}}, row)));

  EXPECT_EQ(json["datasets"][0]["message"], "no reply within 5s");
  EXPECT_FALSE(json["datasets"][0].contains("error_code"));
  EXPECT_FALSE(json["datasets"][0].contains("http_status"));
}

TEST(DatasetsJsonTest, SaysWhoGivesNoCredentials) {
  Overview::Row row;
  row.reading.failure = std::make_shared<const Error>(
      Error{.kind = ErrorKind::kCredentials,
            .message = "no token of IAM: HTTP 403: no right",
            .cloud_text = "no right"});

  const auto json =
      nlohmann::json::parse(Rendered(OneRow({.key = {"p1", "d1"}}, row)));

  EXPECT_EQ(json["datasets"][0]["message"],
            "no token of IAM: HTTP 403: no right");
}

TEST(DatasetsJsonTest, TellsWhenTheLastGoodAnswerCameBehindAFailure) {
  Overview::Row row;
  row.reading.failure = std::make_shared<const Error>(
      Error{.kind = ErrorKind::kTimeout, .message = "no reply within 5s"});
  row.reading.fetched = WallTime(kThen);

  const auto json =
      nlohmann::json::parse(Rendered(OneRow({.key = {"p1", "d1"}}, row)));

  EXPECT_EQ(json["datasets"][0]["last_query"], "2024-01-01T12:00:00.000Z");
}

TEST(DatasetsJsonTest, KeepsFractionsOfSeconds) {
  SyncStatus status;
  status.runtime = 1500ms;

  const auto json =
      nlohmann::json::parse(Rendered(OneRow(Named(), Answered(status))));

  EXPECT_EQ(json["datasets"][0]["duration_seconds"], 1.5);
}

TEST(DatasetsJsonTest, StaysWellFormedWhateverTheNamesHold) {
  const auto json = nlohmann::json::parse(Rendered(HostileOverview()));

  EXPECT_EQ(json["datasets"].size(), 7U);
  EXPECT_EQ(json["datasets"][0]["name"], "<script>alert(1)</script>");
  EXPECT_EQ(json["datasets"][3]["name"], "nul\0 bad\uFFFD\uFFFD end"s);
}

TEST(DatasetsJsonTest, KeepsTheOrderOfTheCatalogue) {
  const Overview overview = SmallOverview();

  const auto json = nlohmann::json::parse(Rendered(overview));

  ASSERT_EQ(json["datasets"].size(), overview.rows.size());
  for (std::size_t i = 0; i < overview.rows.size(); ++i) {
    EXPECT_EQ(json["datasets"][i]["dataset_id"],
              overview.catalogue->datasets[i].key.dataset_id);
  }
}

}  // namespace
}  // namespace exporter
