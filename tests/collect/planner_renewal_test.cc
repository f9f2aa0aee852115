// What renewals and changed credentials mean to the planner.

#include <gtest/gtest.h>

#include "collect/planner.h"
#include "support/planned_cloud.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

TEST(PlannerRenewalTest, RenewsWithACorrectedPasswordAtOnce) {
  PlannedCloud cloud;
  cloud.AddProject("p", 10);
  FakeCredentials& credentials = cloud.WantLogin(0);
  cloud.Configure();
  cloud.Begin(1s);
  ASSERT_EQ(cloud.renewals.size(), 1U);
  credentials.state = Credentials::Readiness::kNone;
  cloud.RefuseFirstLogin();
  cloud.PassTime(2s);

  credentials.secret_version++;
  credentials.state = Credentials::Readiness::kPending;
  credentials.renewal_due = true;
  cloud.Begin(5s);

  EXPECT_EQ(cloud.renewals.size(), 2U);
}

TEST(PlannerRenewalTest,
     ARefusedTokenRequestIsTriedForTheOtherProjectAndNoMore) {
  PlannedCloud cloud;
  for (std::size_t i : {0U, 1U}) {
    cloud.AddProject(NumberedName("p", i), 1)->account = "user";
    cloud.WantLogin(i);
  }
  cloud.Configure();

  cloud.Begin(5s);
  ASSERT_EQ(cloud.renewals.size(), 1U) << "one at a time";
  cloud.RefuseFirstLogin();
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

TEST(PlannerRenewalTest,
     TheEndOfALoginSaysNothingOfThePasswordThatAReloadBrought) {
  PlannedCloud cloud;
  cloud.AddProject("p", 1)->max_password_tries = 1;
  cloud.WantLogin(0);
  cloud.Configure();
  const ScrapeId scrape = cloud.Begin(5s);
  ASSERT_EQ(cloud.renewals.size(), 1U);

  ReplaceCredentials(cloud, "another");
  cloud.CredentialsOf(0).renewal_due = true;
  cloud.Settle();
  ASSERT_EQ(cloud.renewals.size(), 2U);
  cloud.RefuseFirstLogin();
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

TEST(PlannerRenewalTest, AReloadForgetsNoTriesOfALoginAtAProxy) {
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

TEST(PlannerRenewalTest, ALoginOfAnOldPasswordLeavesTheProxyToOthers) {
  for (const bool by_reload : {true, false}) {
    SCOPED_TRACE(by_reload);
    PlannedCloud cloud;
    cloud.AddProject("p", 1)->transport = ProxyWithLogin();
    cloud.WantLogin(0);
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

TEST(PlannerRenewalTest, AnAnswerSaysNothingOfTheKeyThatAReloadBrought) {
  PlannedCloud cloud;
  cloud.AddProject("p", 100);
  cloud.UseKey(0);
  cloud.Configure();
  cloud.Scrape(5s);
  const ScrapeId scrape = cloud.Begin(5s);
  ASSERT_FALSE(cloud.in_flight.empty());
  const std::size_t before = cloud.asked.size();

  cloud.RefuseAll();
  ReplaceCredentials(cloud, "wrong");
  cloud.PassTime(5s);

  EXPECT_LE(cloud.asked.size() - before, 3U);
  EXPECT_LT(Failing(cloud.finished.at(scrape), ErrorKind::kUnauthorized), 100U)
      << "what was on its way was answered";
}

TEST(PlannerRenewalTest, ARefusalSaysNothingOfTheKeyThatAReloadBrought) {
  PlannedCloud cloud;
  cloud.AddProject("p", 1);
  cloud.UseKey(0);
  cloud.RefuseAll();
  cloud.Configure();
  const ScrapeId scrape = cloud.Begin(5s);
  ASSERT_EQ(cloud.in_flight.size(), 1U);

  cloud.cloud = [](const DatasetKey&) { return PlannedCloud::Good(); };
  ReplaceCredentials(cloud, "right");
  cloud.PassTime(1s);

  EXPECT_EQ(cloud.finished.at(scrape).errors, 0U);
}

TEST(PlannerRenewalTest, RepeatsEachRefusedQueryOnceAfterARenewal) {
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
TEST(PlannerRenewalTest, ALateRefusalOfATokenThatWasGivenUpHoldsBackNoRenewal) {
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

TEST(PlannerRenewalTest, ARefusedListingHoldsBackNoRenewal) {
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

}  // namespace
}  // namespace exporter
