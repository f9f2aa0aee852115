#include "collect/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "support/planned_cloud.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

ErrorKind ReasonOf(const Collection& collection, std::size_t dataset) {
  const Reading& reading = collection.readings.at(dataset);
  return reading.failure ? reading.failure->kind : ErrorKind::kConfig;
}

std::size_t Failing(const Collection& collection, ErrorKind kind) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < collection.readings.size(); ++i) {
    if (ReasonOf(collection, i) == kind) ++count;
  }
  return count;
}

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

TEST(PlannerTest, PausesTheThrottledProjectAloneAndGoesOnAfterwards) {
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

TEST(PlannerTest, DoesNotWaitForAPauseThatOutlastsTheBudget) {
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

TEST(PlannerTest, WhomAPauseHoldsBackSaysWhatBeganItAndHowLongItLasts) {
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

TEST(PlannerTest, ReportsAtOnceWhatTheRateLimitDoesNotReach) {
  PlannedCloud cloud;
  cloud.AddProject("p", 50)->rate_limit =
      RateLimit{.requests = 1, .per = 1min, .burst = 20};
  cloud.Configure();

  const Collection collection = cloud.Scrape(5s);

  EXPECT_EQ(Failing(collection, ErrorKind::kRateLimited), 30U);
  EXPECT_LE(collection.duration, 20ms);
}

TEST(PlannerTest, SendsThreeRequestsWithWrongCredentialsInFifteenMinutes) {
  PlannedCloud cloud;
  cloud.AddProject("p", 100);
  cloud.CredentialsOf(0).lockable = Credentials::Lockable::kKey;
  cloud.Configure();
  cloud.cloud = [](const DatasetKey&) {
    return PlannedCloud::Bad(ErrorKind::kUnauthorized, 401);
  };

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

TEST(PlannerTest, ProjectsOfOneAccountShareTheVerdict) {
  PlannedCloud cloud;
  cloud.AddProject("p1", 10)->account = "key";
  cloud.AddProject("p2", 10)->account = "key";
  cloud.AddProject("other", 10);
  cloud.CredentialsOf(0).lockable = Credentials::Lockable::kKey;
  cloud.CredentialsOf(1).lockable = Credentials::Lockable::kKey;
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

TEST(PlannerTest, AReloadDoesNotOpenTheGate) {
  PlannedCloud cloud;
  cloud.AddProject("p", 10);
  cloud.CredentialsOf(0).lockable = Credentials::Lockable::kKey;
  cloud.Configure();
  cloud.cloud = [](const DatasetKey&) {
    return PlannedCloud::Bad(ErrorKind::kUnauthorized, 401);
  };
  cloud.Scrape(5s);

  cloud.Configure();

  EXPECT_EQ(Failing(cloud.Scrape(5s), ErrorKind::kUnauthorized), 10U);
  EXPECT_EQ(cloud.asked.size(), 3U);
}

TEST(PlannerTest, TriesNewCredentialsAtOnce) {
  PlannedCloud cloud;
  cloud.AddProject("p", 10);
  cloud.CredentialsOf(0).lockable = Credentials::Lockable::kKey;
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

TEST(PlannerTest, RenewsWithACorrectedPasswordAtOnce) {
  PlannedCloud cloud;
  cloud.AddProject("p", 10);
  FakeCredentials& credentials = cloud.CredentialsOf(0);
  credentials.lockable = Credentials::Lockable::kPassword;
  credentials.state = Credentials::Readiness::kPending;
  credentials.renewal_due = true;
  cloud.Configure();
  cloud.Begin(1s);
  ASSERT_EQ(cloud.renewals.size(), 1U);
  credentials.state = Credentials::Readiness::kNone;
  cloud.planner.RenewalEnded(cloud.renewals[0].id,
                             {.error = Error{.kind = ErrorKind::kUnauthorized,
                                             .message = "refused",
                                             .http_status = 401}},
                             cloud.now);
  cloud.PassTime(2s);

  credentials.secret_version++;
  credentials.state = Credentials::Readiness::kPending;
  credentials.renewal_due = true;
  cloud.Begin(5s);

  EXPECT_EQ(cloud.renewals.size(), 2U);
}

TEST(PlannerTest, ARefusedTokenRequestIsTriedForTheOtherProjectAndNoMore) {
  PlannedCloud cloud;
  for (std::size_t i : {0U, 1U}) {
    cloud.AddProject(NumberedName("p", i), 1)->account = "user";
    FakeCredentials& credentials = cloud.CredentialsOf(i);
    credentials.lockable = Credentials::Lockable::kPassword;
    credentials.state = Credentials::Readiness::kPending;
    credentials.renewal_due = true;
  }
  cloud.Configure();

  cloud.Begin(5s);
  ASSERT_EQ(cloud.renewals.size(), 1U) << "one at a time";
  cloud.planner.RenewalEnded(cloud.renewals[0].id,
                             {.error = Error{.kind = ErrorKind::kUnauthorized,
                                             .message = "refused",
                                             .http_status = 401}},
                             cloud.now);
  cloud.PassTime(1s);
  cloud.Scrape(5s);

  EXPECT_EQ(cloud.renewals.size(), 2U);
}

// As a reload does.
void ReplaceCredentials(PlannedCloud& cloud, const std::string& account) {
  auto project = std::make_shared<ProjectSettings>(*cloud.projects[0]);
  auto credentials = std::make_shared<FakeCredentials>(cloud.CredentialsOf(0));
  project->credentials = credentials;
  project->account = account;
  cloud.projects[0] = project;
  cloud.Configure();
}

TEST(PlannerTest, TheEndOfALoginSaysNothingOfThePasswordThatAReloadBrought) {
  PlannedCloud cloud;
  cloud.AddProject("p", 1)->max_password_tries = 1;
  cloud.CredentialsOf(0).lockable = Credentials::Lockable::kPassword;
  cloud.CredentialsOf(0).state = Credentials::Readiness::kPending;
  cloud.CredentialsOf(0).renewal_due = true;
  cloud.Configure();
  const ScrapeId scrape = cloud.Begin(5s);
  ASSERT_EQ(cloud.renewals.size(), 1U);

  ReplaceCredentials(cloud, "another");
  cloud.CredentialsOf(0).renewal_due = true;
  cloud.Settle();
  ASSERT_EQ(cloud.renewals.size(), 2U);
  cloud.planner.RenewalEnded(cloud.renewals[0].id,
                             {.error = Error{.kind = ErrorKind::kUnauthorized,
                                             .message = "refused",
                                             .http_status = 401}},
                             cloud.now);
  cloud.Settle();
  EXPECT_TRUE(cloud.finished.empty());
  cloud.CredentialsOf(0).state = Credentials::Readiness::kReady;
  cloud.CredentialsOf(0).generation++;
  cloud.planner.RenewalEnded(cloud.renewals[1].id, {}, cloud.now);
  cloud.Settle();
  cloud.PassTime(1s);

  EXPECT_EQ(cloud.finished.at(scrape).errors, 0U);
}

std::shared_ptr<const Transport> ProxyWithLogin() {
  return std::make_shared<const Transport>(Transport{
      .proxy_url = Secret("http://user:password@proxy.example.com:3128")});
}

TEST(PlannerTest, AReloadForgetsNoTriesOfALoginAtAProxy) {
  PlannedCloud cloud;
  cloud.AddProject("p", 5)->transport = ProxyWithLogin();
  cloud.cloud = [](const DatasetKey&) {
    auto fate = PlannedCloud::Bad(ErrorKind::kConnect);
    fate.answer.result = Fail(Error{.kind = ErrorKind::kConnect,
                                    .message = "the proxy answered 407",
                                    .cause = Cause::kProxyLogin});
    return fate;
  };

  for (int minute = 0; minute < 14; ++minute) {
    cloud.Configure();
    EXPECT_EQ(cloud.Scrape(5s).errors, 5U);
    cloud.PassTime(1min);
  }

  EXPECT_GE(cloud.asked.size(), 1U);
  EXPECT_LE(cloud.asked.size(), 3U);
}

TEST(PlannerTest, ALoginOfAnOldPasswordLeavesTheProxyToOthers) {
  for (const bool by_reload : {true, false}) {
    SCOPED_TRACE(by_reload);
    PlannedCloud cloud;
    cloud.AddProject("p", 1)->transport = ProxyWithLogin();
    cloud.CredentialsOf(0).lockable = Credentials::Lockable::kPassword;
    cloud.CredentialsOf(0).state = Credentials::Readiness::kPending;
    cloud.CredentialsOf(0).renewal_due = true;
    cloud.Configure();
    cloud.Begin(1h);

    for (std::size_t logins = 1; logins <= 5; ++logins) {
      ASSERT_EQ(cloud.renewals.size(), logins);
      if (by_reload) {
        ReplaceCredentials(cloud, NumberedName("account", logins));
      } else {
        cloud.CredentialsOf(0).secret_version++;
        cloud.Settle();
      }
      cloud.planner.RenewalEnded(
          cloud.renewals.back().id,
          {.error = Error{.kind = ErrorKind::kTls, .message = "scripted"}},
          cloud.now);
      cloud.CredentialsOf(0).renewal_due = true;
      cloud.PassTime(1s);
    }
  }
}

TEST(PlannerTest, AnAnswerSaysNothingOfTheKeyThatAReloadBrought) {
  PlannedCloud cloud;
  cloud.AddProject("p", 100);
  cloud.CredentialsOf(0).lockable = Credentials::Lockable::kKey;
  cloud.Configure();
  cloud.Scrape(5s);
  const ScrapeId scrape = cloud.Begin(5s);
  ASSERT_FALSE(cloud.in_flight.empty());
  const std::size_t before = cloud.asked.size();

  cloud.cloud = [](const DatasetKey&) {
    return PlannedCloud::Bad(ErrorKind::kUnauthorized, 401);
  };
  ReplaceCredentials(cloud, "wrong");
  cloud.PassTime(5s);

  EXPECT_LE(cloud.asked.size() - before, 3U);
  EXPECT_LT(Failing(cloud.finished.at(scrape), ErrorKind::kUnauthorized), 100U)
      << "what was on its way was answered";
}

TEST(PlannerTest, ARefusalSaysNothingOfTheKeyThatAReloadBrought) {
  PlannedCloud cloud;
  cloud.AddProject("p", 1);
  cloud.CredentialsOf(0).lockable = Credentials::Lockable::kKey;
  cloud.cloud = [](const DatasetKey&) {
    return PlannedCloud::Bad(ErrorKind::kUnauthorized, 401);
  };
  cloud.Configure();
  const ScrapeId scrape = cloud.Begin(5s);
  ASSERT_EQ(cloud.in_flight.size(), 1U);

  cloud.cloud = [](const DatasetKey&) { return PlannedCloud::Good(); };
  ReplaceCredentials(cloud, "right");
  cloud.PassTime(1s);

  EXPECT_EQ(cloud.finished.at(scrape).errors, 0U);
}

// Each refusal comes with new credentials, which would be worth a try.
TEST(PlannerTest, RepeatsARefusedQueryOnceWithOtherCredentials) {
  PlannedCloud cloud;
  cloud.AddProject("p", 1);
  cloud.CredentialsOf(0).lockable = Credentials::Lockable::kKey;
  cloud.Configure();
  cloud.cloud = [&](const DatasetKey&) {
    ++cloud.CredentialsOf(0).generation;
    return PlannedCloud::Bad(ErrorKind::kUnauthorized, 401);
  };

  cloud.Scrape(5s);

  EXPECT_EQ(cloud.asked.size(), 2U);
}

// It was good before, so it may have been an accident.
TEST(PlannerTest, RepeatsAQueryOnceThatIsRefusedWhileOthersAreAccepted) {
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

TEST(PlannerTest, RepeatsEachRefusedQueryOnceAfterARenewal) {
  PlannedCloud cloud;
  cloud.AddProject("p", 100);
  cloud.Configure();
  cloud.Scrape(5s);
  FakeCredentials& credentials = cloud.CredentialsOf(0);
  std::size_t refused = 0;
  cloud.cloud = [&](const DatasetKey&) {
    if (credentials.generation > 1) return PlannedCloud::Good();
    ++refused;
    credentials.state = Credentials::Readiness::kPending;
    if (refused == 1) credentials.renewal_due = true;
    return PlannedCloud::Bad(ErrorKind::kUnauthorized, 401);
  };
  cloud.check = [&] {
    if (cloud.renewals.empty() || credentials.generation > 1) return;
    credentials.generation = 2;
    credentials.state = Credentials::Readiness::kReady;
    cloud.planner.RenewalEnded(cloud.renewals[0].id, {}, cloud.now);
    cloud.Settle();
  };

  const ScrapeId scrape = cloud.Begin(5s);
  cloud.PassTime(1s);

  EXPECT_EQ(cloud.renewals.size(), 1U);
  EXPECT_EQ(cloud.finished.at(scrape).errors, 0U);
  EXPECT_EQ(cloud.asked.size(), 200U + refused);
}

// The first refusal asks for a new token; IAM fails; then the second comes.
TEST(PlannerTest, ALateRefusalOfATokenThatWasGivenUpHoldsBackNoRenewal) {
  PlannedCloud cloud;
  cloud.AddProject("p", 2);
  FakeCredentials& credentials = cloud.CredentialsOf(0);
  credentials.lockable = Credentials::Lockable::kKey;
  cloud.Configure();
  cloud.Scrape(5s);
  cloud.cloud = [&](const DatasetKey& key) {
    credentials.state = Credentials::Readiness::kPending;
    credentials.renewal_due = true;
    return PlannedCloud::After(
        key.dataset_id == "d0" ? 10ms : 50ms,
        PlannedCloud::Bad(ErrorKind::kUnauthorized, 401));
  };
  const ScrapeId scrape = cloud.Begin(5s);
  cloud.PassTime(20ms);
  ASSERT_EQ(cloud.renewals.size(), 1U);
  credentials.state = Credentials::Readiness::kNone;
  cloud.planner.RenewalEnded(cloud.renewals[0].id, {}, cloud.now);
  cloud.PassTime(1s);
  EXPECT_EQ(Failing(cloud.finished.at(scrape), ErrorKind::kUnauthorized), 2U);

  credentials.state = Credentials::Readiness::kPending;
  credentials.renewal_due = true;
  cloud.Begin(5s);

  EXPECT_EQ(cloud.renewals.size(), 2U);
}

TEST(PlannerTest, ARefusedListingHoldsBackNoRenewal) {
  PlannedCloud cloud;
  cloud.AddProject("p", 1);
  FakeCredentials& credentials = cloud.CredentialsOf(0);
  credentials.lockable = Credentials::Lockable::kKey;
  cloud.Configure();
  cloud.Scrape(5s);
  cloud.planner.WantListing("p");
  const Plan plan = cloud.planner.Advance(cloud.now);
  ASSERT_EQ(plan.lists.size(), 1U);

  credentials.state = Credentials::Readiness::kPending;
  credentials.renewal_due = true;
  cloud.planner.Answered(
      plan.lists[0].request,
      PlannedCloud::Bad(ErrorKind::kUnauthorized, 401).answer, cloud.now);
  cloud.Begin(5s);

  EXPECT_EQ(cloud.renewals.size(), 1U);
}

// A dataset that is refused as well is then the first, and casts no doubt.
TEST(PlannerTest, AListingThatWasRefusedAloneStaysSoUntilItIsAnswered) {
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
TEST(PlannerTest, TriesAKeyThatWasTakenAwayWithThreeQueries) {
  PlannedCloud cloud;
  cloud.AddProject("p", 100);
  cloud.CredentialsOf(0).lockable = Credentials::Lockable::kKey;
  cloud.Configure();
  cloud.Scrape(5s);
  const std::size_t asked_before = cloud.asked.size();
  cloud.cloud = [](const DatasetKey&) {
    return PlannedCloud::Bad(ErrorKind::kUnauthorized, 401);
  };
  cloud.PassTime(10s);

  const Collection collection = cloud.Scrape(5s);

  EXPECT_EQ(cloud.asked.size() - asked_before, 3U);
  EXPECT_EQ(Failing(collection, ErrorKind::kUnauthorized), 100U);
}

TEST(PlannerTest, TellsOnceThatARefusalHoldsAProjectBack) {
  PlannedCloud cloud;
  cloud.AddProject("p", 10);
  cloud.CredentialsOf(0).lockable = Credentials::Lockable::kKey;
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

TEST(PlannerTest, SaysCredentialsWhereNoneCanBeHad) {
  PlannedCloud cloud;
  cloud.AddProject("p", 10);
  cloud.CredentialsOf(0).state = Credentials::Readiness::kNone;
  cloud.Configure();

  const Collection collection = cloud.Scrape(5s);

  EXPECT_EQ(Failing(collection, ErrorKind::kCredentials), 10U);
  EXPECT_EQ(collection.duration, 0s);
  EXPECT_TRUE(cloud.asked.empty());
}

TEST(PlannerTest, AGateInFrontOfAHangingCloudDoesNotStarveTheHealthy) {
  PlannedCloud cloud;
  cloud.AddProject("hangs", 30)->account = "key";
  cloud.AddProject("healthy", 30)->account = "key";
  cloud.CredentialsOf(0).lockable = Credentials::Lockable::kKey;
  cloud.CredentialsOf(1).lockable = Credentials::Lockable::kKey;
  cloud.Configure();
  cloud.cloud = [](const DatasetKey& key) {
    return key.project_id == "hangs" ? PlannedCloud::Hangs()
                                     : PlannedCloud::Good();
  };

  const Collection collection = cloud.Scrape(2s);

  EXPECT_EQ(Failing(collection, ErrorKind::kTimeout), 30U);
  EXPECT_EQ(collection.errors, 30U);
}

TEST(PlannerTest, WhomTheGateHeldBackSaysWhyTheLastQueryProvedNothing) {
  PlannedCloud cloud;
  cloud.AddProject("p", 30);
  cloud.CredentialsOf(0).lockable = Credentials::Lockable::kKey;
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

TEST(PlannerTest, AnAnswerThatMayBeTheGatewaysProvesNoCredentials) {
  const std::pair<ErrorKind, int> kAnswers[] = {
      {ErrorKind::kApiUnavailable, 404}, {ErrorKind::kServerError, 503}};
  for (const auto& [kind, status] : kAnswers) {
    PlannedCloud cloud;
    cloud.AddProject("p", 100);
    cloud.CredentialsOf(0).lockable = Credentials::Lockable::kKey;
    cloud.Configure();
    cloud.cloud = [kind = kind, status = status](const DatasetKey&) {
      return PlannedCloud::Bad(kind, status);
    };

    cloud.Begin(5s);
    cloud.PassTime(900ms);

    EXPECT_EQ(cloud.asked.size(), 4U) << "one each 250 ms; " << status;
  }
}

TEST(PlannerTest, NoProjectTakesMoreThanHalfWhileAnotherWaits) {
  PlannedCloud cloud;
  cloud.settings.concurrency = 10;
  cloud.AddProject("large", 100);
  cloud.AddProject("small", 100);
  cloud.Configure();
  cloud.check = [&] {
    std::map<std::string, int> in_flight;
    for (const auto& [request, key] : cloud.in_flight) {
      ++in_flight[key.project_id];
    }
    EXPECT_LE(in_flight["large"], 5);
    EXPECT_LE(in_flight["small"], 5);
  };

  EXPECT_EQ(cloud.Scrape(5s).errors, 0U);
}

TEST(PlannerTest, LeavesNoWorkerIdleBetweenTwoHalves) {
  for (const std::size_t workers : {3U, 10U, 11U}) {
    SCOPED_TRACE(workers);
    PlannedCloud cloud;
    cloud.settings.concurrency = workers;
    cloud.AddProject("one", 100);
    cloud.AddProject("other", 100);
    cloud.Configure();
    cloud.check = [&] {
      std::map<std::string, std::size_t> in_flight;
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

TEST(PlannerTest, ASlowProjectGrowsNotBeyondHalfWhileAnotherWaits) {
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

TEST(PlannerTest, ADeadProjectLeavesALaterScrapeItsWorkers) {
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

TEST(PlannerTest, KeepsTheMemoryOfDatasetsThatStayAndNotOfThoseLongGone) {
  PlannedCloud cloud;
  cloud.settings.memory.min_interval_settled = 1h;
  cloud.AddProject("p", 2);
  cloud.Configure();
  cloud.Scrape(1s);

  cloud.catalogue->datasets.erase(cloud.catalogue->datasets.begin());
  cloud.Configure();
  cloud.PassTime(15min);
  cloud.catalogue->datasets.push_back(Dataset{.key = {"p", "d0"}});
  cloud.Configure();
  cloud.Scrape(1s);

  EXPECT_EQ(cloud.AsksOf("d1"), 1U);
  EXPECT_EQ(cloud.AsksOf("d0"), 2U);
}

TEST(PlannerTest, AReloadLosesNoScrapeInHand) {
  PlannedCloud cloud;
  cloud.settings.concurrency = 2;
  cloud.AddProject("p", 10);
  cloud.Configure();
  const ScrapeId scrape = cloud.Begin(2s);

  cloud.catalogue->datasets.resize(3);
  cloud.Configure();
  cloud.PassTime(3s);

  EXPECT_EQ(cloud.finished.at(scrape).readings.size(), 10U);
  EXPECT_EQ(cloud.finished.at(scrape).errors, 0U);
}

// Those that wait and are gone, or have not moved up yet, have the places of
// others.
TEST(PlannerTest, LosesNobodyWhoWaitsWhenOthersTakeHisPlaceInTheCatalogue) {
  PlannedCloud cloud;
  cloud.settings.concurrency = 1;
  cloud.AddProject("p", 10);
  cloud.Configure();
  std::vector<ScrapeId> scrapes{cloud.Begin(3s)};

  auto& datasets = cloud.catalogue->datasets;
  datasets.insert(datasets.begin(), Dataset{.key = {"p", "new"}});
  cloud.Configure();
  scrapes.push_back(cloud.Begin(3s));
  datasets.erase(datasets.begin(), datasets.begin() + 3);
  cloud.Configure();
  scrapes.push_back(cloud.Begin(3s));
  cloud.PassTime(4s);

  for (const ScrapeId scrape : scrapes) {
    EXPECT_EQ(cloud.finished.at(scrape).errors, 0U) << scrape;
  }
  EXPECT_EQ(cloud.asked.size(), 11U);
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

// What a scrape counts of the only dataset.
TaskHistory HistoryOfOne(PlannedCloud& cloud) {
  return cloud.Scrape(2s).readings.at(0).history.value();
}

std::uint64_t Completed(PlannedCloud& cloud) {
  return HistoryOfOne(cloud).completed;
}

void RunOneTask(PlannedCloud& cloud) {
  cloud.cloud = [](const DatasetKey&) {
    return PlannedCloud::Good(SyncState::kRunning);
  };
  (void)cloud.Scrape(2s);
  cloud.cloud = [](const DatasetKey&) { return PlannedCloud::Good(); };
  ASSERT_EQ(Completed(cloud), 1U);
}

TEST(PlannerTest, RemembersADatasetThatComesBackWithinAQuarterOfAnHour) {
  for (const auto& [away, counted] :
       {std::pair{14min, 1U}, std::pair{15min, 0U}}) {
    PlannedCloud cloud;
    cloud.AddProject("p", 1);
    cloud.Configure();
    RunOneTask(cloud);
    const std::vector<Dataset> before = cloud.catalogue->datasets;
    const WallTime begin = HistoryOfOne(cloud).begin;

    cloud.catalogue->datasets.clear();
    cloud.Configure();
    cloud.PassTime(away);
    cloud.catalogue->datasets = before;
    cloud.Configure();

    const TaskHistory after = HistoryOfOne(cloud);
    EXPECT_EQ(after.completed, counted);
    // A count that begins again says so.
    EXPECT_EQ(after.begin == begin, counted == 1U);
  }
}

TEST(PlannerTest, RemembersADiscoveredDatasetForTwoListings) {
  for (const auto& [away, counted] :
       {std::pair{149min, 1U}, std::pair{150min, 0U}}) {
    PlannedCloud cloud;
    cloud.AddProject("p", 1)->discovery =
        DiscoverySettings{.refresh_interval = 1h};
    cloud.Configure();
    RunOneTask(cloud);
    const std::vector<Dataset> before = cloud.catalogue->datasets;

    cloud.catalogue->datasets.clear();
    cloud.Configure();
    cloud.PassTime(away);
    cloud.catalogue->datasets = before;
    cloud.Configure();

    EXPECT_EQ(Completed(cloud), counted);
  }
}

TEST(PlannerTest, RemembersTheDatasetsOfAProjectThatComesBack) {
  PlannedCloud cloud;
  cloud.AddProject("p", 1);
  cloud.Configure();
  RunOneTask(cloud);
  const std::vector<Dataset> before = cloud.catalogue->datasets;
  const auto projects = cloud.projects;

  cloud.catalogue->datasets.clear();
  cloud.projects.clear();
  cloud.Configure();
  cloud.PassTime(1min);
  cloud.catalogue->datasets = before;
  cloud.projects = projects;
  cloud.Configure();

  EXPECT_EQ(Completed(cloud), 1U);
}

// A file that is written in place, while a slow scrape is in hand.
TEST(PlannerTest, AnswersForADatasetThatWentAndCameBackDuringAScrape) {
  PlannedCloud cloud;
  cloud.AddProject("p", 40);
  cloud.settings.concurrency = 1;
  cloud.Configure();
  const std::vector<Dataset> before = cloud.catalogue->datasets;

  const ScrapeId scrape = cloud.Begin(2s);
  cloud.PassTime(100ms);
  cloud.catalogue->datasets.resize(20);
  cloud.Configure();
  cloud.PassTime(100ms);
  cloud.catalogue->datasets = before;
  cloud.Configure();
  cloud.PassTime(2s);

  EXPECT_EQ(cloud.finished.at(scrape).errors, 0U);
  EXPECT_EQ(cloud.asked.size(), 40U);
}

}  // namespace
}  // namespace exporter
