// How the planner shares out what the cloud, its limits and the workers allow.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collect/planner.h"
#include "support/planned_cloud.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

TEST(PlannerPaceTest, PausesTheThrottledProjectAloneAndGoesOnAfterwards) {
  PlannedCloud cloud;
  cloud.AddProject("throttled", 3);
  cloud.AddProject("other", 3);
  cloud.Configure();
  bool first = true;
  cloud.cloud = [&](const DatasetKey& key) {
    if (key.project_id == "other" || !first) return PlannedCloud::Good();
    first = false;
    auto fate = PlannedCloud::Bad(ErrorKind::kThrottled, 429);
    fate.answer.retry_after = 1s;
    return fate;
  };
  cloud.settings.concurrency = 2;
  cloud.Configure();

  const Collection collection = cloud.Scrape(5s);

  EXPECT_EQ(collection.errors, 0U);
  EXPECT_GE(collection.duration, 1s);
  EXPECT_LE(collection.duration, 1200ms);
  EXPECT_GT(cloud.planner.Counts().held_up, 900ms);
}

TEST(PlannerPaceTest, DoesNotWaitForAPauseThatOutlastsTheBudget) {
  PlannedCloud cloud;
  cloud.AddProject("p", 50);
  cloud.Configure();
  cloud.cloud = [](const DatasetKey&) {
    auto fate = PlannedCloud::Bad(ErrorKind::kThrottled, 429);
    fate.answer.retry_after = 60s;
    return fate;
  };

  const Collection first = cloud.Scrape(5s);
  const Collection second = cloud.Scrape(5s);

  EXPECT_EQ(Failing(first, ErrorKind::kThrottled), 50U);
  EXPECT_LE(first.duration, 20ms);
  EXPECT_EQ(Failing(second, ErrorKind::kThrottled), 50U);
  EXPECT_EQ(second.duration, 0s);
  EXPECT_LE(cloud.asked.size(), 32U);
}

TEST(PlannerPaceTest, WhomAPauseHoldsBackSaysWhatBeganItAndHowLongItLasts) {
  PlannedCloud cloud;
  cloud.settings.concurrency = 1;
  cloud.AddProject("p", 2);
  cloud.Configure();
  cloud.cloud = [](const DatasetKey&) {
    auto fate = PlannedCloud::Bad(ErrorKind::kThrottled, 429);
    fate.answer.result = Fail(Error{.kind = ErrorKind::kThrottled,
                                    .message = "HTTP 429 ModelArts.4395: slow",
                                    .http_status = 429,
                                    .code = "ModelArts.4395",
                                    .cloud_text = "slow",
                                    .request_id = "r1"});
    fate.answer.retry_after = 12s;
    return fate;
  };

  const Collection collection = cloud.Scrape(5s);

  EXPECT_EQ(collection.readings[0].failure->message,
            "HTTP 429 ModelArts.4395: slow");
  const Error& held_back = *collection.readings[1].failure;
  EXPECT_EQ(held_back.message,
            "not asked: the cloud throttles this user for 12 s more: HTTP "
            "429 ModelArts.4395: slow");
  EXPECT_EQ(held_back.code, "ModelArts.4395");
  EXPECT_EQ(held_back.request_id, "r1");
  EXPECT_TRUE(held_back.cloud_text.empty());

  cloud.PassTime(4s);
  EXPECT_THAT(cloud.Scrape(5s).readings[1].failure->message,
              testing::HasSubstr("for 8 s more"));
}

TEST(PlannerPaceTest, ReportsAtOnceWhatTheRateLimitDoesNotReach) {
  PlannedCloud cloud;
  cloud.AddProject("p", 50)->rate_limit =
      RateLimit{.requests = 1, .per = 1min, .burst = 20};
  cloud.Configure();

  const Collection collection = cloud.Scrape(5s);

  EXPECT_EQ(Failing(collection, ErrorKind::kRateLimited), 30U);
  EXPECT_LE(collection.duration, 20ms);
}

TEST(PlannerPaceTest, NoProjectTakesMoreThanHalfWhileAnotherWaits) {
  PlannedCloud cloud;
  cloud.settings.concurrency = 10;
  cloud.AddProject("large", 100);
  cloud.AddProject("small", 100);
  cloud.Configure();
  cloud.check = [&] {
    std::map<SharedText, int> in_flight;
    for (const auto& [request, key] : cloud.in_flight) {
      ++in_flight[key.project_id];
    }
    EXPECT_LE(in_flight["large"], 5);
    EXPECT_LE(in_flight["small"], 5);
  };

  EXPECT_EQ(cloud.Scrape(5s).errors, 0U);
}

TEST(PlannerPaceTest, LeavesNoWorkerIdleBetweenTwoHalves) {
  for (const std::size_t workers : {3U, 10U, 11U}) {
    SCOPED_TRACE(workers);
    PlannedCloud cloud;
    cloud.settings.concurrency = workers;
    cloud.AddProject("one", 100);
    cloud.AddProject("other", 100);
    cloud.Configure();
    cloud.check = [&] {
      std::map<SharedText, std::size_t> in_flight;
      for (const auto& [request, key] : cloud.in_flight) {
        ++in_flight[key.project_id];
      }
      EXPECT_LE(in_flight["one"], (workers + 1) / 2);
      EXPECT_LE(in_flight["other"], (workers + 1) / 2);
      if (cloud.asked.size() < 200 && !cloud.asked.empty()) {
        EXPECT_EQ(cloud.in_flight.size(), workers);
      }
    };

    EXPECT_EQ(cloud.Scrape(5s).errors, 0U);
    std::size_t of_one = 0;
    for (std::size_t i = 0; i < 100; ++i) {
      if (cloud.asked[i].dataset.project_id == "one") ++of_one;
    }
    EXPECT_NEAR(double(of_one), 50.0, 1.0);
  }
}

TEST(PlannerPaceTest, ASlowProjectGrowsNotBeyondHalfWhileAnotherWaits) {
  PlannedCloud cloud;
  cloud.settings.concurrency = 10;
  cloud.AddProject("slow", 100);
  cloud.AddProject("quick", 100);
  cloud.Configure();
  cloud.cloud = [](const DatasetKey& key) {
    return key.project_id == "slow"
               ? PlannedCloud::After(200ms, PlannedCloud::Good())
               : PlannedCloud::Good();
  };
  std::size_t most = 0;
  cloud.check = [&] {
    std::size_t slow = 0;
    for (const auto& [request, key] : cloud.in_flight) {
      if (key.project_id == "slow") ++slow;
    }
    // Those of the other project that are left may all be under way.
    if (slow < cloud.in_flight.size()) most = std::max(most, slow);
  };

  cloud.Scrape(5s);

  EXPECT_EQ(most, 5U);
}

TEST(PlannerPaceTest, ADeadProjectLeavesALaterScrapeItsWorkers) {
  PlannedCloud cloud;
  cloud.settings.concurrency = 4;
  cloud.AddProject("dead", 50);
  cloud.AddProject("well", 10);
  cloud.Configure();
  cloud.cloud = [](const DatasetKey& key) {
    return key.project_id == "dead" ? PlannedCloud::Hangs()
                                    : PlannedCloud::Good();
  };
  std::vector<std::size_t> dead(50);
  std::iota(dead.begin(), dead.end(), 0);
  cloud.BeginOf(dead, 10s);
  cloud.PassTime(2s);

  const Collection collection = cloud.Scrape(2s);

  EXPECT_EQ(Failing(collection, ErrorKind::kTimeout), 50U);
  EXPECT_EQ(collection.errors, 50U);
}

}  // namespace
}  // namespace exporter
