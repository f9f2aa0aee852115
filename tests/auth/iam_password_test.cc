#include "auth/iam_password.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "auth/replies.h"
#include "support/fake_clock.h"
#include "support/temp_folder.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using Readiness = Credentials::Readiness;

class IamPasswordTest : public testing::Test {
 protected:
  std::shared_ptr<IamUser> User() const {
    IamUser::Settings settings;
    settings.endpoint = "https://iam.example.com";
    settings.domain = "acme";
    settings.name = "exporter";
    settings.password = FromFile(folder_.path() + "/password");
    settings.timeout = 7s;
    return std::make_shared<IamUser>(settings);
  }

  WallTime Now() const { return clock_.WallNow(); }

  // Valid for 24 hours.
  HttpReply Issued(const std::string& token) const {
    return HttpReply{201,
                     {{"X-Subject-Token", token}},
                     R"({"token":{"expires_at":"2024-01-02T00:00:00Z"}})"};
  }

  void Renew(const Result<HttpReply>& reply) {
    ASSERT_TRUE(credentials_.Renewal(Now()));
    credentials_.Renewed(reply, Now());
  }

  std::string ProvedToken() {
    const auto request = credentials_.Prove(Question(), Now());
    return request ? HeaderOf(*request, "X-Auth-Token")
                   : request.error().message;
  }

  FakeClock clock_;
  TempFolder folder_;
  std::string password_file_ = folder_.Write("password", "p4ss");
  std::shared_ptr<IamUser> user_ = User();
  IamPassword credentials_{user_, "p1"};
};

TEST_F(IamPasswordTest, AsksOnceAndThenSendsTheToken) {
  EXPECT_EQ(credentials_.State(Now()), Readiness::kPending);
  const auto renewal = credentials_.Renewal(Now());
  ASSERT_TRUE(renewal);
  EXPECT_EQ(renewal->kind, Credentials::RenewalKind::kToken);
  EXPECT_EQ(renewal->timeout, 7s);
  EXPECT_FALSE(credentials_.Renewal(Now()));
  EXPECT_EQ(credentials_.State(Now()), Readiness::kPending);

  credentials_.Renewed(Issued("t1"), Now());

  EXPECT_EQ(credentials_.State(Now()), Readiness::kReady);
  EXPECT_EQ(ProvedToken(), "t1");
  EXPECT_EQ(HeaderOf(*credentials_.Prove(Question(), Now()), "X-Project-Id"),
            "(absent)");
  EXPECT_EQ(credentials_.Expiry(), Now() + 24h);
  EXPECT_EQ(credentials_.MayBeLocked(), Credentials::Lockable::kPassword);
}

TEST_F(IamPasswordTest, RenewsHalfAnHourAheadAndSendsTheOldTokenMeanwhile) {
  Renew(Issued("t1"));
  const std::uint64_t generation = credentials_.Generation();
  clock_.Advance(23h + 30min - 1ms);
  EXPECT_FALSE(credentials_.Renewal(Now()));
  clock_.Advance(1ms);
  ASSERT_TRUE(credentials_.Renewal(Now()));
  EXPECT_EQ(ProvedToken(), "t1");

  credentials_.Renewed(Issued("t2"), Now());

  EXPECT_EQ(ProvedToken(), "t2");
  EXPECT_GT(credentials_.Generation(), generation);
}

TEST_F(IamPasswordTest, KeepsAValidTokenWhileRenewalsFail) {
  Renew(Issued("t1"));
  clock_.Advance(23h + 30min);
  Renew(Reply(401));

  EXPECT_EQ(credentials_.State(Now()), Readiness::kReady);
  EXPECT_EQ(ProvedToken(), "t1");
  clock_.Advance(30min);
  EXPECT_NE(credentials_.State(Now()), Readiness::kReady);
}

TEST_F(IamPasswordTest, AsksAgainAfterARefusal) {
  Renew(Issued("t1"));
  const auto question = credentials_.Prove(Question(), Now());

  credentials_.Refused(*question);
  EXPECT_EQ(credentials_.State(Now()), Readiness::kPending);
  Renew(Issued("t2"));

  EXPECT_EQ(ProvedToken(), "t2");
}

TEST_F(IamPasswordTest, LosesNoNewTokenToALateRefusal) {
  Renew(Issued("t1"));
  const auto question = credentials_.Prove(Question(), Now());
  credentials_.Refused(*question);
  Renew(Issued("t2"));

  clock_.Advance(5min);
  credentials_.Refused(*question);

  EXPECT_EQ(ProvedToken(), "t2");
}

TEST_F(IamPasswordTest, SaysWhyThereIsNoToken) {
  Renew(Reply(401, R"({"error":{"message":"The password is wrong."}})"));

  EXPECT_EQ(credentials_.State(Now()), Readiness::kPending);
  const auto request = credentials_.Prove(Question(), Now());
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().kind, ErrorKind::kCredentials);
  EXPECT_EQ(request.error().http_status, 401);
  EXPECT_EQ(request.error().message,
            "IAM refused user \"exporter\" of domain \"acme\": POST "
            "https://iam.example.com/v3/auth/tokens: HTTP 401: The password is "
            "wrong.");
}

TEST_F(IamPasswordTest, SaysThatIamCannotBeReached) {
  Renew(NoReply());

  EXPECT_EQ(credentials_.State(Now()), Readiness::kPending);
  EXPECT_EQ(ProvedToken(),
            "no token of IAM: POST https://iam.example.com/v3/auth/tokens: "
            "connection refused");
}

TEST_F(IamPasswordTest, TriesANewPasswordAtOnceAndRaisesItsGeneration) {
  Renew(Reply(401));
  const std::uint64_t generation = credentials_.Generation();

  folder_.Write("password", "better");
  clock_.Advance(1s);
  credentials_.Refresh(Now());

  EXPECT_EQ(credentials_.State(Now()), Readiness::kPending);
  EXPECT_GT(credentials_.Generation(), generation);
  EXPECT_TRUE(credentials_.Renewal(Now()));
}

TEST_F(IamPasswordTest, AsksAtOnceWhenThePasswordChangedWhileItWasRefused) {
  ASSERT_TRUE(credentials_.Renewal(Now()));
  folder_.Write("password", "better");
  credentials_.Refresh(Now());

  credentials_.Renewed(Reply(401), Now());

  EXPECT_EQ(credentials_.State(Now()), Readiness::kPending);
  EXPECT_TRUE(credentials_.Renewal(Now()));
}

TEST_F(IamPasswordTest, HasNothingWhileThePasswordFileIsEmpty) {
  folder_.Write("password", "");
  credentials_.Refresh(Now());

  EXPECT_EQ(credentials_.State(Now()), Readiness::kNone);
  EXPECT_FALSE(credentials_.Renewal(Now()));
  EXPECT_EQ(ProvedToken(), "credentials file " + password_file_ + " is empty");
}

}  // namespace
}  // namespace exporter
