// What the planner makes of a 401.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collect/planner.h"
#include "support/planned_cloud.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

TEST(PlannerRefusalTest,
     SendsThreeRequestsWithWrongCredentialsInFifteenMinutes) {
  PlannedCloud cloud;
  cloud.AddProject("p", 100);
  cloud.UseKey(0);
  cloud.Configure();
  cloud.RefuseAll();

  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Failing(cloud.Scrape(5s), ErrorKind::kUnauthorized), 100U);
  }
  EXPECT_EQ(cloud.asked.size(), 3U);

  cloud.PassTime(14min);
  EXPECT_THAT(cloud.Scrape(5s).readings[50].failure->message,
              testing::StartsWith("not asked: after 3 tries in vain, the next "
                                  "is made in 60 s: scripted"));
  EXPECT_EQ(cloud.asked.size(), 3U);
  cloud.PassTime(1min);
  cloud.Scrape(5s);
  EXPECT_EQ(cloud.asked.size(), 6U);
}

TEST(PlannerRefusalTest, ProjectsOfOneAccountShareTheVerdict) {
  PlannedCloud cloud;
  cloud.AddProject("p1", 10)->account = "key";
  cloud.AddProject("p2", 10)->account = "key";
  cloud.AddProject("other", 10);
  cloud.UseKey(0);
  cloud.UseKey(1);
  cloud.Configure();
  cloud.cloud = [](const DatasetKey& key) {
    return key.project_id == "other"
               ? PlannedCloud::Good()
               : PlannedCloud::Bad(ErrorKind::kUnauthorized, 401);
  };

  const Collection collection = cloud.Scrape(5s);

  EXPECT_EQ(Failing(collection, ErrorKind::kUnauthorized), 20U);
  EXPECT_EQ(cloud.asked.size(), 13U);
}

TEST(PlannerRefusalTest, AReloadDoesNotOpenTheGate) {
  PlannedCloud cloud;
  cloud.AddProject("p", 10);
  cloud.UseKey(0);
  cloud.Configure();
  cloud.RefuseAll();
  cloud.Scrape(5s);

  cloud.Configure();

  EXPECT_EQ(Failing(cloud.Scrape(5s), ErrorKind::kUnauthorized), 10U);
  EXPECT_EQ(cloud.asked.size(), 3U);
}

TEST(PlannerRefusalTest, TriesNewCredentialsAtOnce) {
  PlannedCloud cloud;
  cloud.AddProject("p", 10);
  cloud.UseKey(0);
  cloud.Configure();
  bool right = false;
  cloud.cloud = [&](const DatasetKey&) {
    return right ? PlannedCloud::Good()
                 : PlannedCloud::Bad(ErrorKind::kUnauthorized, 401);
  };
  cloud.Scrape(5s);

  right = true;
  cloud.CredentialsOf(0).generation++;

  EXPECT_EQ(cloud.Scrape(5s).errors, 0U);
}

// Each refusal comes with new credentials, which would be worth a try.
TEST(PlannerRefusalTest, RepeatsARefusedQueryOnceWithOtherCredentials) {
  PlannedCloud cloud;
  cloud.AddProject("p", 1);
  cloud.UseKey(0);
  cloud.Configure();
  cloud.cloud = [&](const DatasetKey&) {
    ++cloud.CredentialsOf(0).generation;
    return PlannedCloud::Bad(ErrorKind::kUnauthorized, 401);
  };

  cloud.Scrape(5s);

  EXPECT_EQ(cloud.asked.size(), 2U);
}

// It was good before, so it may have been an accident.
TEST(PlannerRefusalTest, RepeatsAQueryOnceThatIsRefusedWhileOthersAreAccepted) {
  PlannedCloud cloud;
  cloud.AddProject("p", 10);
  cloud.Configure();
  cloud.Scrape(5s);
  cloud.cloud = [](const DatasetKey& key) {
    return key.dataset_id == "d3"
               ? PlannedCloud::Bad(ErrorKind::kUnauthorized, 401)
               : PlannedCloud::Good();
  };

  const Collection collection = cloud.Scrape(5s);
  EXPECT_EQ(collection.errors, 1U);
  EXPECT_EQ(ReasonOf(collection, 3), ErrorKind::kUnauthorized);
  EXPECT_EQ(cloud.AsksOf("d3"), 3U);

  cloud.Scrape(5s);
  EXPECT_EQ(cloud.AsksOf("d3"), 4U) << "it is known to be refused";
}

// A dataset that is refused as well is then the first, and casts no doubt.
TEST(PlannerRefusalTest, AListingThatWasRefusedAloneStaysSoUntilItIsAnswered) {
  using Fate = PlannedCloud::Fate;
  const Fate refused = PlannedCloud::Bad(ErrorKind::kUnauthorized, 401);
  const struct {
    Fate between;
    std::size_t asked_at_once;
  } kCases[] = {
      {PlannedCloud::Bad(ErrorKind::kTimeout), 9},
      {PlannedCloud::Good(), 1},
      {PlannedCloud::Bad(ErrorKind::kServerError, 500), 1},
  };
  for (const auto& [between, asked_at_once] : kCases) {
    SCOPED_TRACE(asked_at_once);
    PlannedCloud cloud;
    cloud.AddProject("p", 10);
    cloud.Configure();
    for (const Fate& fate : {refused, between, refused}) {
      cloud.Scrape(5s);
      cloud.PassTime(1min);
      cloud.planner.WantListing("p");
      const Plan plan = cloud.planner.Advance(cloud.now);
      ASSERT_EQ(plan.lists.size(), 1U);
      cloud.planner.Answered(plan.lists[0].request, fate.answer, cloud.now);
    }
    cloud.cloud = [&](const DatasetKey& dataset) {
      return dataset.dataset_id == "d0" ? refused : PlannedCloud::Good();
    };
    cloud.BeginOf({0}, 5s);
    cloud.PassTime(100ms);

    cloud.BeginOf({1, 2, 3, 4, 5, 6, 7, 8, 9}, 5s);

    EXPECT_EQ(cloud.in_flight.size(), asked_at_once);
  }
}

// It was right before, so nothing else would hold the others back.
TEST(PlannerRefusalTest, TriesAKeyThatWasTakenAwayWithThreeQueries) {
  PlannedCloud cloud;
  cloud.AddProject("p", 100);
  cloud.UseKey(0);
  cloud.Configure();
  cloud.Scrape(5s);
  const std::size_t asked_before = cloud.asked.size();
  cloud.RefuseAll();
  cloud.PassTime(10s);

  const Collection collection = cloud.Scrape(5s);

  EXPECT_EQ(cloud.asked.size() - asked_before, 3U);
  EXPECT_EQ(Failing(collection, ErrorKind::kUnauthorized), 100U);
}

TEST(PlannerRefusalTest, TellsOnceThatARefusalHoldsAProjectBack) {
  PlannedCloud cloud;
  cloud.AddProject("p", 10);
  cloud.UseKey(0);
  cloud.Configure();
  bool accepted = false;
  cloud.cloud = [&](const DatasetKey&) {
    return accepted ? PlannedCloud::Good()
                    : PlannedCloud::Bad(ErrorKind::kUnauthorized, 401);
  };

  cloud.Scrape(1s);
  cloud.Scrape(1s);
  ASSERT_EQ(cloud.held_back.size(), 1U);
  EXPECT_EQ(cloud.held_back[0].project->project_id, "p");
  EXPECT_EQ(cloud.held_back[0].refusal->http_status, 401);

  accepted = true;
  cloud.PassTime(16min);
  cloud.Scrape(1s);
  accepted = false;
  cloud.Scrape(1s);
  cloud.Scrape(1s);
  EXPECT_EQ(cloud.held_back.size(), 2U);
}

TEST(PlannerRefusalTest, SaysCredentialsWhereNoneCanBeHad) {
  PlannedCloud cloud;
  cloud.AddProject("p", 10);
  cloud.CredentialsOf(0).state = Credentials::Readiness::kNone;
  cloud.Configure();

  const Collection collection = cloud.Scrape(5s);

  EXPECT_EQ(Failing(collection, ErrorKind::kCredentials), 10U);
  EXPECT_EQ(collection.duration, 0s);
  EXPECT_TRUE(cloud.asked.empty());
}

TEST(PlannerRefusalTest, AGateInFrontOfAHangingCloudDoesNotStarveTheHealthy) {
  PlannedCloud cloud;
  cloud.AddProject("hangs", 30)->account = "key";
  cloud.AddProject("healthy", 30)->account = "key";
  cloud.UseKey(0);
  cloud.UseKey(1);
  cloud.Configure();
  cloud.cloud = [](const DatasetKey& key) {
    return key.project_id == "hangs" ? PlannedCloud::Hangs()
                                     : PlannedCloud::Good();
  };

  const Collection collection = cloud.Scrape(2s);

  EXPECT_EQ(Failing(collection, ErrorKind::kTimeout), 30U);
  EXPECT_EQ(collection.errors, 30U);
}

TEST(PlannerRefusalTest, WhomTheGateHeldBackSaysWhyTheLastQueryProvedNothing) {
  PlannedCloud cloud;
  cloud.AddProject("p", 30);
  cloud.UseKey(0);
  cloud.Configure();
  cloud.cloud = [](const DatasetKey&) {
    return PlannedCloud::Bad(ErrorKind::kTls);
  };

  const Collection collection = cloud.Scrape(1s);

  EXPECT_EQ(cloud.asked.size(), 4U);
  EXPECT_EQ(Failing(collection, ErrorKind::kTls), 30U);
  EXPECT_EQ(collection.readings[15].failure->message,
            "not asked: the credentials are not proven yet, and the last query "
            "said: scripted");
}

TEST(PlannerRefusalTest, WhomAProxysLoginHeldBackSaysHowTheLastQueryEnded) {
  for (const ErrorKind kind : {ErrorKind::kConnect, ErrorKind::kTls}) {
    PlannedCloud cloud;
    Transport transport;
    transport.proxy_url = Secret("socks5h://user:password@127.0.0.1:1080");
    cloud.AddProject("p", 20)->transport =
        std::make_shared<const Transport>(std::move(transport));
    cloud.Configure();
    cloud.cloud = [kind](const DatasetKey&) { return PlannedCloud::Bad(kind); };

    // Soon after the last probe, so that the next one waits for its verdict.
    for (const auto budget : {100ms, 300ms, 500ms, 1000ms}) {
      EXPECT_EQ(Failing(cloud.Scrape(budget), kind), 20U) << budget.count();
      cloud.PassTime(1min);
    }
  }
}

TEST(PlannerRefusalTest, AnAnswerThatMayBeTheGatewaysProvesNoCredentials) {
  const std::pair<ErrorKind, int> kAnswers[] = {
      {ErrorKind::kApiUnavailable, 404}, {ErrorKind::kServerError, 503}};
  for (const auto& [kind, status] : kAnswers) {
    PlannedCloud cloud;
    cloud.AddProject("p", 100);
    cloud.UseKey(0);
    cloud.Configure();
    cloud.cloud = [kind = kind, status = status](const DatasetKey&) {
      return PlannedCloud::Bad(kind, status);
    };

    cloud.Begin(5s);
    cloud.PassTime(900ms);

    EXPECT_EQ(cloud.asked.size(), 4U) << "one each 250 ms; " << status;
  }
}

}  // namespace
}  // namespace exporter
