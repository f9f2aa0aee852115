#include "collect/renewals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include "base/log.h"
#include "support/captured_log.h"
#include "support/fake_clock.h"
#include "support/fake_credentials.h"
#include "support/numbered_name.h"
#include "support/scripted_fetcher.h"

namespace exporter {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class RenewalsTest : public testing::Test {
 protected:
  RenewalsTest() {
    FlushLog(std::chrono::seconds(10));  // Of the test before.
    project_->project_id = NumberedName("p", 1);
    project_->transport = std::make_shared<const Transport>();
    project_->credentials = credentials_;
  }

  // Carries a renewal to its end, and finds `state` then.
  void Renew(Credentials::Readiness state) {
    renewals_.Begin({.id = 7,
                     .project = project_,
                     .request = {.request = {},
                                 .kind = credentials_->kind,
                                 .timeout = std::chrono::seconds(5)}});
    credentials_->state = state;
    fetcher_.Deliver();
  }

  std::string Metrics() {
    return prometheus::TextSerializer().Serialize(registry_.Collect());
  }

  FakeClock clock_;
  prometheus::Registry registry_;
  LoopMetrics metrics_{registry_};
  ScriptedFetcher fetcher_;
  std::shared_ptr<FakeCredentials> credentials_ =
      std::make_shared<FakeCredentials>();
  std::shared_ptr<ProjectSettings> project_ =
      std::make_shared<ProjectSettings>();
  std::vector<std::pair<std::uint64_t, RenewalAnswer>> ended_;
  Renewals renewals_{clock_, metrics_, fetcher_,
                     [this](std::uint64_t id, const RenewalAnswer& answer) {
                       ended_.emplace_back(id, answer);
                     }};
};

TEST_F(RenewalsTest, SayWhenTheyEndedWell) {
  fetcher_.Reply(201);
  Renew(Credentials::Readiness::kReady);
  ASSERT_THAT(ended_, SizeIs(1));
  EXPECT_EQ(ended_[0].first, 7);
  EXPECT_FALSE(ended_[0].second.error);
}

TEST_F(RenewalsTest, SayHowTheyFailed) {
  fetcher_.Reply(401);
  Renew(Credentials::Readiness::kPending);
  fetcher_.Break(ErrorKind::kConnect);
  Renew(Credentials::Readiness::kPending);
  ASSERT_THAT(ended_, SizeIs(2));
  EXPECT_EQ(ended_[0].second.error.value().http_status, 401);
  EXPECT_EQ(ended_[1].second.error.value().kind, ErrorKind::kConnect);
  EXPECT_EQ(ended_[1].second.error.value().http_status, 0);
}

TEST_F(RenewalsTest, SayHowLongAThrottlingServiceWantsUsToWait) {
  fetcher_.Reply(429, R"({"error_msg":"policy user over )"
                      R"(ratelimit,limit:50,time:1 minute"})");
  Renew(Credentials::Readiness::kPending);
  ASSERT_THAT(ended_, SizeIs(1));
  EXPECT_EQ(ended_[0].second.retry_after, std::chrono::seconds(6));
  EXPECT_EQ(ended_[0].second.quota.value().requests, 50);
  EXPECT_EQ(ended_[0].second.quota.value().per, std::chrono::minutes(1));
}

TEST_F(RenewalsTest, HaveTheirOwnTimeAndTheWayOfTheirProject) {
  fetcher_.Reply(201);
  Renew(Credentials::Readiness::kReady);
  EXPECT_EQ(fetcher_.seen.at(0).deadline,
            clock_.SteadyNow() + std::chrono::seconds(5));
  EXPECT_EQ(fetcher_.seen.at(0).transport, project_->transport);
}

// The metadata service is this machine's own: no proxy knows the way.
TEST_F(RenewalsTest, NeverAskTheMetadataServiceByTheProjectsWay) {
  credentials_->kind = Credentials::RenewalKind::kMetadata;
  fetcher_.Reply(200);
  Renew(Credentials::Readiness::kReady);
  EXPECT_EQ(fetcher_.seen.at(0).transport, nullptr);
}

TEST_F(RenewalsTest, AreCountedByWhatTheyAre) {
  fetcher_.Reply(401);
  Renew(Credentials::Readiness::kNone);
  EXPECT_THAT(Metrics(), HasSubstr(R"(requests_total{operation="token"} 1)"));
  EXPECT_THAT(
      Metrics(),
      HasSubstr(
          R"(failures_total{operation="token",reason="unauthorized"} 1)"));
  EXPECT_THAT(Metrics(),
              HasSubstr(R"(requests_total{operation="metadata"} 0)"));
}

TEST_F(RenewalsTest, AreToldWhenTheyBeginToFailAndWhenTheyWorkAgain) {
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) {
    fetcher_.Reply(503);
    Renew(Credentials::Readiness::kNone);
  }
  fetcher_.Reply(201);
  Renew(Credentials::Readiness::kReady);
  fetcher_.Reply(201);
  Renew(Credentials::Readiness::kReady);
  const std::string log = CapturedLog();
  EXPECT_EQ(log.find("no credentials"), log.rfind("no credentials"));
  EXPECT_THAT(log, HasSubstr("no credentials"));
  EXPECT_EQ(log.find("credentials are back"),
            log.rfind("credentials are back"));
  EXPECT_THAT(log, HasSubstr("credentials are back"));
}

// They go on, but not for ever: somebody has to know before they end.
TEST_F(RenewalsTest, AreToldWhenTheyFailWhileSomethingValidIsHeld) {
  testing::internal::CaptureStderr();
  for (int i = 0; i < 2; ++i) {
    fetcher_.Reply(503);
    Renew(Credentials::Readiness::kReady);
  }
  credentials_->generation_after_renewal = 2;
  fetcher_.Reply(201);
  Renew(Credentials::Readiness::kReady);
  const std::string log = CapturedLog();
  EXPECT_THAT(log, HasSubstr("renewing credentials fails"));
  EXPECT_EQ(log.find("renewing"), log.rfind("renewing"));
  EXPECT_THAT(log, HasSubstr("credentials are back"));
}

// What a reload took away is no longer news, and what it brought is.
TEST_F(RenewalsTest, AreToldAnewOfOtherCredentials) {
  testing::internal::CaptureStderr();
  credentials_->state = Credentials::Readiness::kNone;
  renewals_.Keep({project_});
  clock_.Advance(std::chrono::seconds(1));
  renewals_.Refresh({project_});
  auto other = std::make_shared<ProjectSettings>(*project_);
  const auto lacking = std::make_shared<FakeCredentials>();
  lacking->state = Credentials::Readiness::kNone;
  other->credentials = lacking;
  renewals_.Keep({other});
  clock_.Advance(std::chrono::seconds(1));
  renewals_.Refresh({other});
  const std::string log = CapturedLog();
  EXPECT_NE(log.find("no credentials"), log.rfind("no credentials"));
}

TEST_F(RenewalsTest, CountAReplyThatIsNoUseAsAFailure) {
  credentials_->useless = Error{ErrorKind::kMalformed, "no token in it"};
  fetcher_.Reply(201);
  Renew(Credentials::Readiness::kNone);
  EXPECT_THAT(
      Metrics(),
      HasSubstr(R"(failures_total{operation="token",reason="malformed"} 1)"));
}

// An environment without the variables is never renewed, and still is news.
TEST_F(RenewalsTest, SayOnceThatThereIsNothingToAskWith) {
  testing::internal::CaptureStderr();
  credentials_->state = Credentials::Readiness::kNone;
  for (int i = 0; i < 3; ++i) {
    renewals_.Refresh({project_});
    clock_.Advance(std::chrono::seconds(1));
  }
  credentials_->state = Credentials::Readiness::kReady;
  renewals_.Refresh({project_});
  const std::string log = CapturedLog();
  EXPECT_EQ(log.find("no credentials"), log.rfind("no credentials"));
  EXPECT_THAT(log, HasSubstr("none to be had"));
  EXPECT_THAT(log, HasSubstr("credentials are back"));
}

}  // namespace
}  // namespace exporter
