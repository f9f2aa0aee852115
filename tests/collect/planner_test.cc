#include "collect/planner.h"

#include <gtest/gtest.h>

#include "support/planned_cloud.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

TEST(PlannerTest, AsksEachDatasetOnceAndReportsItInOrder) {
  PlannedCloud cloud;
  cloud.AddProject("p", 100);
  cloud.Configure();

  const Collection collection = cloud.Scrape(2s);

  EXPECT_EQ(cloud.asked.size(), 100U);
  EXPECT_EQ(collection.errors, 0U);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(collection.readings[i].dataset, i);
  }
  EXPECT_EQ(collection.duration, 40ms);  // Four rounds of 32.
}

TEST(PlannerTest, AnswersAScrapeOfNothingAtOnce) {
  PlannedCloud cloud;
  cloud.AddProject("p", 0);
  cloud.Configure();

  EXPECT_EQ(cloud.Scrape(2s).duration, 0s);
}

TEST(PlannerTest, OneFailureCostsNoOtherDatasetItsAnswer) {
  PlannedCloud cloud;
  cloud.AddProject("p", 10);
  cloud.Configure();
  cloud.cloud = [](const DatasetKey& key) {
    return key.dataset_id == "d3" ? PlannedCloud::Bad(ErrorKind::kNotFound, 404)
                                  : PlannedCloud::Good();
  };

  const Collection collection = cloud.Scrape(2s);

  EXPECT_EQ(collection.errors, 1U);
  EXPECT_EQ(ReasonOf(collection, 3), ErrorKind::kNotFound);
}

TEST(PlannerTest, EndsAScrapeAtItsDeadlineAndFreesTheWorkers) {
  PlannedCloud cloud;
  cloud.AddProject("p", 5);
  cloud.Configure();
  cloud.cloud = [](const DatasetKey&) { return PlannedCloud::Hangs(); };

  const Collection collection = cloud.Scrape(700ms);

  EXPECT_EQ(collection.duration, 700ms);
  EXPECT_EQ(Failing(collection, ErrorKind::kTimeout), 5U);
  EXPECT_EQ(cloud.planner.InFlight(), 0U);
}

TEST(PlannerTest, OverlappingScrapesShareTheQueries) {
  PlannedCloud cloud;
  cloud.AddProject("p", 10);
  cloud.Configure();

  for (int i = 0; i < 32; ++i) cloud.Begin(2s);
  cloud.PassTime(3s);

  EXPECT_EQ(cloud.asked.size(), 10U);
  EXPECT_EQ(cloud.finished.size(), 32U);
}

TEST(PlannerTest, ALeavingScrapeDoesNotCancelTheQueryOfTheOthers) {
  PlannedCloud cloud;
  cloud.AddProject("p", 1);
  cloud.Configure();
  cloud.cloud = [](const DatasetKey&) {
    return PlannedCloud::After(1s, PlannedCloud::Good());
  };

  const ScrapeId hasty = cloud.Begin(100ms);
  const ScrapeId patient = cloud.Begin(2s);
  cloud.PassTime(3s);

  EXPECT_EQ(cloud.finished.at(hasty).duration, 100ms);
  EXPECT_EQ(ReasonOf(cloud.finished.at(hasty), 0), ErrorKind::kTimeout);
  EXPECT_EQ(cloud.finished.at(patient).duration, 1s);
  EXPECT_EQ(cloud.finished.at(patient).errors, 0U);
  EXPECT_EQ(cloud.asked.size(), 1U);
}

TEST(PlannerTest, AScrapeThatBeginsAfterTheQueryEndedAsksAnew) {
  PlannedCloud cloud;
  cloud.AddProject("p", 1);
  cloud.Configure();

  cloud.Scrape(1s);
  cloud.Scrape(1s);

  EXPECT_EQ(cloud.asked.size(), 2U);
  EXPECT_EQ(cloud.planner.Counts().shared, 0U);
}

TEST(PlannerTest, UsesAYoungAnswerAgain) {
  PlannedCloud cloud;
  cloud.settings.memory.min_interval_settled = 1min;
  cloud.AddProject("p", 1);
  cloud.Configure();

  cloud.Scrape(1s);
  const Collection again = cloud.Scrape(1s);

  EXPECT_EQ(cloud.asked.size(), 1U);
  EXPECT_EQ(again.duration, 0s);
  EXPECT_EQ(again.readings[0].query_duration, 10ms);
  EXPECT_EQ(cloud.planner.Counts().wanted, 2U);
  EXPECT_EQ(cloud.planner.Counts().shared, 1U);
}

TEST(PlannerTest, RetriesABrokenConnectionOnceAfterARest) {
  PlannedCloud cloud;
  cloud.AddProject("p", 1);
  cloud.Configure();
  int tries = 0;
  cloud.cloud = [&](const DatasetKey&) {
    return ++tries == 1 ? PlannedCloud::Bad(ErrorKind::kConnect)
                        : PlannedCloud::Good();
  };

  const Collection collection = cloud.Scrape(2s);

  EXPECT_EQ(collection.errors, 0U);
  ASSERT_EQ(cloud.asked.size(), 2U);
  EXPECT_TRUE(cloud.asked[1].is_retry);
  EXPECT_GE(cloud.asked[1].at - cloud.asked[0].at, 100ms);
}

TEST(PlannerTest, DoesNotRetryARetry) {
  PlannedCloud cloud;
  cloud.AddProject("p", 1);
  cloud.Configure();
  cloud.cloud = [](const DatasetKey&) {
    return PlannedCloud::Bad(ErrorKind::kConnect);
  };

  cloud.Scrape(20s);

  EXPECT_EQ(cloud.asked.size(), 2U);
}

TEST(PlannerTest, RetriesNeitherTimeoutsNorClientErrors) {
  for (const ErrorKind kind :
       {ErrorKind::kTimeout, ErrorKind::kTls, ErrorKind::kForbidden,
        ErrorKind::kMalformed, ErrorKind::kTooLarge, ErrorKind::kClientError}) {
    PlannedCloud cloud;
    cloud.AddProject("p", 1);
    cloud.Configure();
    cloud.cloud = [&](const DatasetKey&) { return PlannedCloud::Bad(kind); };

    const Collection collection = cloud.Scrape(2s);

    EXPECT_EQ(ReasonOf(collection, 0), kind);
    EXPECT_EQ(cloud.asked.size(), 1U) << ToLabel(kind);
  }
}

TEST(PlannerTest, DoesNotDoubleAnOutageByRetries) {
  PlannedCloud cloud;
  cloud.AddProject("p", 200);
  cloud.Configure();
  cloud.cloud = [](const DatasetKey&) {
    return PlannedCloud::Bad(ErrorKind::kServerError, 503);
  };

  cloud.Scrape(5s);

  EXPECT_LE(cloud.asked.size(), 200U + 22U);
  EXPECT_GE(cloud.asked.size(), 200U + 10U);
}

TEST(PlannerTest, ReportsAChangeOfHealthOnce) {
  PlannedCloud cloud;
  cloud.AddProject("p", 1);
  cloud.Configure();
  bool well = false;
  cloud.cloud = [&](const DatasetKey&) {
    return well ? PlannedCloud::Good()
                : PlannedCloud::Bad(ErrorKind::kForbidden, 403);
  };

  cloud.Scrape(1s);
  cloud.Scrape(1s);
  ASSERT_EQ(cloud.health.size(), 1U);
  EXPECT_EQ(cloud.health[0].failure->kind, ErrorKind::kForbidden);

  well = true;
  cloud.Scrape(1s);
  cloud.Scrape(1s);
  ASSERT_EQ(cloud.health.size(), 2U);
  EXPECT_FALSE(cloud.health[1].failure);
}

TEST(PlannerTest, ReportsAnotherReasonButNothingOfWhatWasNotAsked) {
  PlannedCloud cloud;
  cloud.AddProject("p", 1);
  cloud.Configure();
  ErrorKind kind = ErrorKind::kForbidden;
  cloud.cloud = [&](const DatasetKey&) { return PlannedCloud::Bad(kind, 403); };

  cloud.Scrape(1s);
  kind = ErrorKind::kNotFound;
  cloud.Scrape(1s);
  ASSERT_EQ(cloud.health.size(), 2U);
  EXPECT_EQ(cloud.health[1].failure->kind, ErrorKind::kNotFound);

  cloud.CredentialsOf(0).state = Credentials::Readiness::kNone;
  EXPECT_EQ(Failing(cloud.Scrape(1s), ErrorKind::kCredentials), 1U);
  EXPECT_EQ(cloud.health.size(), 2U);
}

}  // namespace
}  // namespace exporter
