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
#include "support/whole_body.h"

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
  const std::string body =
      Written(Exposition(false), SmallCase(), Format::kText);
  EXPECT_EQ(OnlyFamiliesOf(expected, body), expected);
}

TEST(ExpositionTest, IsAsPromisedToTheByteInOpenMetrics) {
  const std::string expected = ReadTestdata("metrics.om");
  const std::string body =
      Written(Exposition(false), SmallCase(), Format::kOpenMetrics);
  EXPECT_EQ(OnlyFamiliesOf(expected, body), expected);
}

TEST(ExpositionTest, WritesAllFamiliesInTheirOrder) {
  EXPECT_EQ(Written(Exposition(false), SmallCase(), Format::kText),
            ReadTestdata("all.prom"));
  EXPECT_EQ(Written(Exposition(false), SmallCase(), Format::kOpenMetrics),
            ReadTestdata("all.om"));
  EXPECT_EQ(Written(Exposition(false), SmallCase(), Format::kOpenMetrics2),
            ReadTestdata("all.om2"));
}

TEST(ExpositionTest, NamesTheStateLikeItsMetricWhenStrict) {
  EXPECT_EQ(Written(Exposition(true), SmallCase(), Format::kText),
            ReadTestdata("strict.prom"));
  EXPECT_EQ(Written(Exposition(true), SmallCase(), Format::kOpenMetrics),
            ReadTestdata("strict.om"));
  EXPECT_EQ(Written(Exposition(true), SmallCase(), Format::kOpenMetrics2),
            ReadTestdata("strict.om2"));
}

TEST(ExpositionTest, BeginsItsOwnCountersWithTheProgram) {
  prometheus::ClientMetric metric;
  metric.counter.value = 17;
  const prometheus::MetricFamily own = {
      "a_total", "", prometheus::MetricType::Counter, {metric}};
  const Exposition exposition(false, WallTime(1'520'430'000'123ms));

  EXPECT_THAT(Written(exposition, SmallCase(), Format::kOpenMetrics2, {own}),
              HasSubstr("\na_total 17 st@1520430000.123\n# EOF\n"));
  EXPECT_THAT(Written(exposition, SmallCase(), Format::kOpenMetrics, {own}),
              HasSubstr("\na_total 17\n# EOF\n"));
}

TEST(ExpositionTest, SaysInSamplesSinceWhenIfAskedToAndInOpenMetrics1Alone) {
  const Exposition plain(false);
  const Exposition created(false, std::nullopt, true);
  for (const Format format : {Format::kText, Format::kOpenMetrics2}) {
    EXPECT_EQ(Written(created, SmallCase(), format),
              Written(plain, SmallCase(), format));
  }
  const std::string body = Written(created, SmallCase(), Format::kOpenMetrics);
  EXPECT_THAT(
      body,
      HasSubstr("\nmodelarts_dataset_sync_tasks_total{project_id=\"77b6a44cba51"
                "43ab91d13ab9a8ff44fd\",dataset_id=\"ds-completed\",status="
                "\"FAILED\"} 2\n"
                "modelarts_dataset_sync_tasks_created{project_id=\"77b6a44cba51"
                "43ab91d13ab9a8ff44fd\",dataset_id=\"ds-completed\",status="
                "\"FAILED\"} 1604000000.5\n"));
  EXPECT_EQ(WithoutLinesOf("modelarts_dataset_sync_tasks_created{", body),
            Written(plain, SmallCase(), Format::kOpenMetrics));
}

TEST(ExpositionTest, LeavesOutFamiliesWithoutSamples) {
  Collection collection;
  collection.catalogue = std::make_shared<const Catalogue>();
  collection.budget = 9500ms;

  EXPECT_EQ(Written(Exposition(false), collection, Format::kOpenMetrics),
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
    const std::string body = Written(Exposition(false), collection, format);
    EXPECT_THAT(body, HasSubstr("_samples{project_id=\"p\",dataset_id=\"d\"} "
                                "9223372036854775807\n"));
    EXPECT_THAT(body, HasSubstr(" 9007199254740993\n"));
  }
}

TEST(ExpositionTest, WritesAFractionOfASecond) {
  SyncStatus status;
  status.runtime = 37.125s;
  const std::string body =
      Written(Exposition(false), OneDataset(status), Format::kText);
  EXPECT_THAT(body, HasSubstr("modelarts_dataset_sync_duration_seconds{"
                              "project_id=\"p\",dataset_id=\"d\"} 37.125\n"));
}

TEST(ExpositionTest, ShowsACodeOnlyWhileTheTaskIsFailed) {
  SyncStatus status;
  status.error_code = "ModelArts.4360";
  status.state = SyncState::kCompleted;
  EXPECT_THAT(Written(Exposition(false), OneDataset(status), Format::kText),
              Not(HasSubstr("modelarts_dataset_sync_error")));

  status.state = SyncState::kFailed;
  EXPECT_THAT(Written(Exposition(false), OneDataset(status), Format::kText),
              HasSubstr("error_code=\"ModelArts.4360\"} 1\n"));
}

TEST(ExpositionTest, EscapesWhatTheCloudSays) {
  SyncStatus status;
  status.state = SyncState::kFailed;
  status.error_code = "\"}\n\\\xFF";
  EXPECT_THAT(Written(Exposition(false), OneDataset(status), Format::kText),
              HasSubstr("error_code=\"\\\"}\\n\\\\\xEF\xBF\xBD\"} 1\n"));
}

TEST(ExpositionTest, WritesTheReadingsItIsGiven) {
  Collection collection = SmallCase();
  collection.readings = {collection.readings[3]};  // As /probe does.

  const std::string body =
      Written(Exposition(false), collection, Format::kText);

  EXPECT_THAT(body, HasSubstr("dataset_id=\"ds-failed\""));
  EXPECT_THAT(body, Not(HasSubstr("dataset_id=\"ds-running\"")));
}

TEST(ExpositionTest, PutsTheExportersOwnFamiliesBeforeTheEnd) {
  const prometheus::MetricFamily own = {
      "a_total", "A.", prometheus::MetricType::Counter, {{}}};

  EXPECT_TRUE(Written(Exposition(false), SmallCase(), Format::kText, {own})
                  .ends_with("\n# HELP a_total A.\n"
                             "# TYPE a_total counter\na_total 0\n"));
  EXPECT_TRUE(
      Written(Exposition(false), SmallCase(), Format::kOpenMetrics, {own})
          .ends_with("\n# HELP a A.\n"
                     "# TYPE a counter\na_total 0\n# EOF\n"));
}

std::vector<std::string> PiecesOf(const BodySource& source) {
  std::vector<std::string> pieces;
  for (bool more = true; more;) more = source(pieces.emplace_back());
  return pieces;
}

TEST(ExpositionTest, WritesTheSameInPiecesOfBoundedSize) {
  constexpr std::size_t kDatasets = 2000;
  const Exposition exposition(false);
  const std::vector<std::string> pieces = PiecesOf(
      exposition.Write(std::make_shared<const Collection>(UsualCase(kDatasets)),
                       Format::kOpenMetrics));
  ASSERT_GT(pieces.size(), 10U);
  std::string whole;
  for (const std::string& piece : pieces) {
    EXPECT_LT(piece.size(), kPieceBytes / 8 * 9);
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
      Written(exposition, UsualCase(20), Format::kOpenMetrics);
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
  const Exposition exposition(false);
  std::size_t all = 0;

  for (const std::string& piece : PiecesOf(
           exposition.Write(std::make_shared<const Collection>(OneDataset({})),
                            Format::kText, own))) {
    EXPECT_LT(piece.size(), kPieceBytes / 8 * 9);
    all += piece.size();
  }

  EXPECT_GT(all, 500'000U);
}

// Where the piece is full already, it ends behind every dataset.
TEST(ExpositionTest, WritesTheSameWhereverAPieceEnds) {
  const Exposition exposition(false);
  const auto collection = std::make_shared<const Collection>(SmallCase());
  const BodySource source = exposition.Write(collection, Format::kOpenMetrics);
  std::string body(kPieceBytes, 'x');
  std::size_t pieces = 1;

  while (source(body)) ++pieces;

  EXPECT_GT(pieces, 14 * collection->readings.size() / 2);
  EXPECT_EQ(body.substr(kPieceBytes),
            Written(exposition, *collection, Format::kOpenMetrics));
}

// What a client that reads slowly gets is of one moment.
TEST(ExpositionTest, TellsOfOneCatalogueThoughAnotherCame) {
  const Exposition exposition(false);
  const auto first = std::make_shared<const Collection>(UsualCase(1000));
  const std::string expected = Written(exposition, *first, Format::kText);
  const BodySource slow = exposition.Write(first, Format::kText);
  std::string body;
  ASSERT_TRUE(slow(body));

  (void)Written(exposition, OneDataset({}), Format::kText);

  EXPECT_EQ(body + WholeBody(slow), expected);
}

// However far it came.
TEST(ExpositionTest, LetsGoOfWhatItIsMadeOfWithTheSource) {
  const Exposition exposition(false);
  auto collection = std::make_shared<const Collection>(UsualCase(1000));
  const std::weak_ptr<const Collection> held = collection;
  {
    const BodySource source =
        exposition.Write(std::move(collection), Format::kText);
    std::string body;
    ASSERT_TRUE(source(body));
    EXPECT_FALSE(held.expired());
  }
  EXPECT_TRUE(held.expired());
}

TEST(ExpositionTest, FollowsANewCatalogue) {
  const Exposition exposition(false);
  Collection collection = OneDataset({});
  (void)Written(exposition, collection, Format::kText);

  auto catalogue = std::make_shared<Catalogue>(*collection.catalogue);
  catalogue->datasets[0].name = "new";
  collection.catalogue = catalogue;

  EXPECT_THAT(Written(exposition, collection, Format::kText),
              HasSubstr("name=\"new\""));
}

TEST(ExpositionTest, ServesScrapesAtOnceWhileTheCatalogueChanges) {
  const Exposition exposition(false);
  const Collection first = UsualCase(20);
  const Collection second = UsualCase(30);
  const std::string of_first = Written(exposition, first, Format::kText);
  const std::string of_second =
      Written(exposition, second, Format::kOpenMetrics);

  std::vector<std::thread> scrapes;
  scrapes.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    scrapes.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(Written(exposition, first, Format::kText), of_first);
        EXPECT_EQ(Written(exposition, second, Format::kOpenMetrics), of_second);
      }
    });
  }
  for (std::thread& scrape : scrapes) scrape.join();
}

}  // namespace
}  // namespace exporter
