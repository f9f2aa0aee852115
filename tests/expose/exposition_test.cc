#include "expose/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <limits>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "expose/sample_collection.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

std::string ReadTestdata(const std::string& name) {
  std::ifstream file(std::string(EXPORTER_TESTDATA "/") + name);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

// The family that a line belongs to, head or sample: its first name.
std::string FamilyOf(const std::string& line) {
  std::string rest = line;
  for (const char* start : {"# HELP ", "# TYPE ", "# UNIT "}) {
    if (rest.starts_with(start)) rest = rest.substr(7);
  }
  rest = rest.substr(0, rest.find_first_of(" {"));
  return rest == "modelarts_dataset" ? "modelarts_dataset_info" : rest;
}

// `exposition` without the families that `expected` does not have.
std::string OnlyFamiliesOf(const std::string& expected,
                           const std::string& exposition) {
  std::set<std::string> names;
  std::istringstream wanted(expected);
  for (std::string line; std::getline(wanted, line);) {
    names.insert(FamilyOf(line));
  }
  std::string kept;
  std::istringstream all(exposition);
  for (std::string line; std::getline(all, line);) {
    if (names.contains(FamilyOf(line))) kept += line + '\n';
  }
  return kept;
}

std::string WithoutLinesOf(std::string_view start, const std::string& text) {
  std::string kept;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(start)) kept += line + '\n';
  }
  return kept;
}

Collection OneDataset(SyncStatus status) {
  auto catalogue = std::make_shared<Catalogue>();
  catalogue->datasets.resize(1);
  catalogue->datasets[0].key = {"p", "d"};
  Collection collection;
  collection.catalogue = std::move(catalogue);
  collection.readings.resize(1);
  collection.readings[0].status =
      std::make_shared<const SyncStatus>(std::move(status));
  return collection;
}

TEST(ExpositionTest, IsAsPromisedToTheByteInText) {
  const std::string expected = ReadTestdata("metrics.prom");
  const std::string body = Exposition(false).Write(SmallCase(), Format::kText);
  EXPECT_EQ(OnlyFamiliesOf(expected, body), expected);
}

TEST(ExpositionTest, IsAsPromisedToTheByteInOpenMetrics) {
  const std::string expected = ReadTestdata("metrics.om");
  const std::string body =
      Exposition(false).Write(SmallCase(), Format::kOpenMetrics);
  EXPECT_EQ(OnlyFamiliesOf(expected, body), expected);
}

TEST(ExpositionTest, WritesAllFamiliesInTheirOrder) {
  EXPECT_EQ(Exposition(false).Write(SmallCase(), Format::kText),
            ReadTestdata("all.prom"));
  EXPECT_EQ(Exposition(false).Write(SmallCase(), Format::kOpenMetrics),
            ReadTestdata("all.om"));
  EXPECT_EQ(Exposition(false).Write(SmallCase(), Format::kOpenMetrics2),
            ReadTestdata("all.om2"));
}

TEST(ExpositionTest, NamesTheStateLikeItsMetricWhenStrict) {
  EXPECT_EQ(Exposition(true).Write(SmallCase(), Format::kText),
            ReadTestdata("strict.prom"));
  EXPECT_EQ(Exposition(true).Write(SmallCase(), Format::kOpenMetrics),
            ReadTestdata("strict.om"));
  EXPECT_EQ(Exposition(true).Write(SmallCase(), Format::kOpenMetrics2),
            ReadTestdata("strict.om2"));
}

TEST(ExpositionTest, BeginsItsOwnCountersWithTheProgram) {
  prometheus::ClientMetric metric;
  metric.counter.value = 17;
  const prometheus::MetricFamily own = {
      "a_total", "", prometheus::MetricType::Counter, {metric}};
  const Exposition exposition(false, WallTime(1'520'430'000'123ms));

  EXPECT_THAT(exposition.Write(SmallCase(), Format::kOpenMetrics2, {&own, 1}),
              HasSubstr("\na_total 17 st@1520430000.123\n# EOF\n"));
  EXPECT_THAT(exposition.Write(SmallCase(), Format::kOpenMetrics, {&own, 1}),
              HasSubstr("\na_total 17\n# EOF\n"));
}

TEST(ExpositionTest, SaysInSamplesSinceWhenIfAskedToAndInOpenMetrics1Alone) {
  const Exposition plain(false);
  const Exposition created(false, std::nullopt, true);
  for (const Format format : {Format::kText, Format::kOpenMetrics2}) {
    EXPECT_EQ(created.Write(SmallCase(), format),
              plain.Write(SmallCase(), format));
  }
  const std::string body = created.Write(SmallCase(), Format::kOpenMetrics);
  EXPECT_THAT(
      body,
      HasSubstr("\nmodelarts_dataset_sync_tasks_total{project_id=\"77b6a44cba51"
                "43ab91d13ab9a8ff44fd\",dataset_id=\"ds-completed\",status="
                "\"FAILED\"} 2\n"
                "modelarts_dataset_sync_tasks_created{project_id=\"77b6a44cba51"
                "43ab91d13ab9a8ff44fd\",dataset_id=\"ds-completed\",status="
                "\"FAILED\"} 1604000000.5\n"));
  EXPECT_EQ(WithoutLinesOf("modelarts_dataset_sync_tasks_created{", body),
            plain.Write(SmallCase(), Format::kOpenMetrics));
}

TEST(ExpositionTest, LeavesOutFamiliesWithoutSamples) {
  Collection collection;
  collection.catalogue = std::make_shared<const Catalogue>();
  collection.budget = 9500ms;

  EXPECT_EQ(Exposition(false).Write(collection, Format::kOpenMetrics),
            "# HELP modelarts_scrape_duration_seconds Time that this scrape "
            "took to collect its datasets.\n"
            "# TYPE modelarts_scrape_duration_seconds gauge\n"
            "# UNIT modelarts_scrape_duration_seconds seconds\n"
            "modelarts_scrape_duration_seconds 0\n"
            "# HELP modelarts_scrape_timeout_seconds Time budget of this "
            "scrape.\n"
            "# TYPE modelarts_scrape_timeout_seconds gauge\n"
            "# UNIT modelarts_scrape_timeout_seconds seconds\n"
            "modelarts_scrape_timeout_seconds 9.5\n"
            "# HELP modelarts_scrape_errors Datasets whose state was not "
            "obtained in this scrape.\n"
            "# TYPE modelarts_scrape_errors gauge\n"
            "modelarts_scrape_errors 0\n"
            "# EOF\n");
}

TEST(ExpositionTest, WritesCountsExactly) {
  SyncStatus status;
  status.total_samples = std::numeric_limits<std::int64_t>::max();
  status.added_samples = 9'007'199'254'740'993;
  const Collection collection = OneDataset(status);

  for (const Format format : {Format::kText, Format::kOpenMetrics}) {
    const std::string body = Exposition(false).Write(collection, format);
    EXPECT_THAT(body, HasSubstr("_samples{project_id=\"p\",dataset_id=\"d\"} "
                                "9223372036854775807\n"));
    EXPECT_THAT(body, HasSubstr(" 9007199254740993\n"));
  }
}

TEST(ExpositionTest, WritesAFractionOfASecond) {
  SyncStatus status;
  status.runtime = 37.125s;
  const std::string body =
      Exposition(false).Write(OneDataset(status), Format::kText);
  EXPECT_THAT(body, HasSubstr("modelarts_dataset_sync_duration_seconds{"
                              "project_id=\"p\",dataset_id=\"d\"} 37.125\n"));
}

TEST(ExpositionTest, ShowsACodeOnlyWhileTheTaskIsFailed) {
  SyncStatus status;
  status.error_code = "ModelArts.4360";
  status.state = SyncState::kCompleted;
  EXPECT_THAT(Exposition(false).Write(OneDataset(status), Format::kText),
              Not(HasSubstr("modelarts_dataset_sync_error")));

  status.state = SyncState::kFailed;
  EXPECT_THAT(Exposition(false).Write(OneDataset(status), Format::kText),
              HasSubstr("error_code=\"ModelArts.4360\"} 1\n"));
}

TEST(ExpositionTest, EscapesWhatTheCloudSays) {
  SyncStatus status;
  status.state = SyncState::kFailed;
  status.error_code = "\"}\n\\\xFF";
  EXPECT_THAT(Exposition(false).Write(OneDataset(status), Format::kText),
              HasSubstr("error_code=\"\\\"}\\n\\\\\xEF\xBF\xBD\"} 1\n"));
}

TEST(ExpositionTest, WritesTheReadingsItIsGiven) {
  Collection collection = SmallCase();
  collection.readings = {collection.readings[3]};  // As /probe does.

  const std::string body = Exposition(false).Write(collection, Format::kText);

  EXPECT_THAT(body, HasSubstr("dataset_id=\"ds-failed\""));
  EXPECT_THAT(body, Not(HasSubstr("dataset_id=\"ds-running\"")));
}

TEST(ExpositionTest, PutsTheExportersOwnFamiliesBeforeTheEnd) {
  const prometheus::MetricFamily own = {
      "a_total", "A.", prometheus::MetricType::Counter, {{}}};

  EXPECT_TRUE(Exposition(false)
                  .Write(SmallCase(), Format::kText, {&own, 1})
                  .ends_with("\n# HELP a_total A.\n"
                             "# TYPE a_total counter\na_total 0\n"));
  EXPECT_TRUE(Exposition(false)
                  .Write(SmallCase(), Format::kOpenMetrics, {&own, 1})
                  .ends_with("\n# HELP a A.\n"
                             "# TYPE a counter\na_total 0\n# EOF\n"));
}

TEST(ExpositionTest, WritesTheSameInPiecesOfBoundedSize) {
  constexpr std::size_t kDatasets = 2000;
  std::vector<std::string> pieces;
  Exposition(false).Write(
      UsualCase(kDatasets), Format::kOpenMetrics, {},
      [&](std::string_view piece) { pieces.emplace_back(piece); });
  ASSERT_GT(pieces.size(), 20U);
  std::string whole;
  for (const std::string& piece : pieces) {
    EXPECT_LT(piece.size(), 72U * 1024);
    whole += piece;
  }

  // Of the heads none is lost or written twice where a piece ends, of the
  // samples none either.
  const auto count = [](const std::string& text, std::string_view begin) {
    std::size_t lines = 0;
    std::istringstream all(text);
    for (std::string line; std::getline(all, line);) {
      lines += line.starts_with(begin) ? 1U : 0U;
    }
    return lines;
  };
  const std::string small =
      Exposition(false).Write(UsualCase(20), Format::kOpenMetrics);
  for (const char* head : {"# TYPE", "# HELP", "# UNIT", "# EOF"}) {
    EXPECT_EQ(count(whole, head), count(small, head)) << head;
  }
  EXPECT_EQ(count(whole, "modelarts_dataset_"),
            count(small, "modelarts_dataset_") * kDatasets / 20);
}

TEST(ExpositionTest, PassesItsOwnFamiliesOnInPieces) {
  const std::vector<prometheus::MetricFamily> own(
      500, {"a_total",
            std::string(1000, 'h'),
            prometheus::MetricType::Counter,
            {prometheus::ClientMetric{}}});
  const Collection collection = OneDataset({});
  const Exposition exposition(false);
  std::size_t largest = 0;
  std::string all;

  exposition.Write(collection, Format::kText, own, [&](std::string_view piece) {
    largest = std::max(largest, piece.size());
    all += piece;
  });

  EXPECT_GT(all.size(), 500'000U);
  EXPECT_LT(largest, 80U * 1024);
}

TEST(ExpositionTest, FollowsANewCatalogue) {
  const Exposition exposition(false);
  Collection collection = OneDataset({});
  (void)exposition.Write(collection, Format::kText);

  auto catalogue = std::make_shared<Catalogue>(*collection.catalogue);
  catalogue->datasets[0].name = "new";
  collection.catalogue = catalogue;

  EXPECT_THAT(exposition.Write(collection, Format::kText),
              HasSubstr("name=\"new\""));
}

TEST(ExpositionTest, ServesScrapesAtOnceWhileTheCatalogueChanges) {
  const Exposition exposition(false);
  const Collection first = UsualCase(20);
  const Collection second = UsualCase(30);
  const std::string of_first = exposition.Write(first, Format::kText);
  const std::string of_second = exposition.Write(second, Format::kOpenMetrics);

  std::vector<std::thread> scrapes;
  scrapes.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    scrapes.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(exposition.Write(first, Format::kText), of_first);
        EXPECT_EQ(exposition.Write(second, Format::kOpenMetrics), of_second);
      }
    });
  }
  for (std::thread& scrape : scrapes) scrape.join();
}

}  // namespace
}  // namespace exporter
