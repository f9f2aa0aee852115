#include "collect/iam_login.h"

#include <gtest/gtest.h>

#include "support/fake_credentials.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

// Two projects of one user.
class IamLoginTest : public testing::Test {
 protected:
  IamLoginTest() {
    Apply(login_, "p1");
    Apply(other_, "p2");
  }

  void Apply(IamLogin& login, const std::string& project_id) {
    ProjectSettings settings;
    settings.project_id = project_id;
    settings.account = "user";
    login.Apply(settings, shared_);
  }
  void End(const IamLogin::Pass& pass, const Error& error,
           const Throttle::Refusal& refusal = {}) {
    login_.Ended(pass, &error, refusal, now_, rng_);
  }

  SteadyTime now_ = SteadyTime(1000s);
  Rng rng_;
  SharedLimits shared_;
  IamLogin login_;
  IamLogin other_;
};

TEST_F(IamLoginTest, RestsAloneAfterAFailureThatSaysNothingOfThePassword) {
  End(login_.Begin(now_),
      {.kind = ErrorKind::kServerError, .http_status = 500});
  EXPECT_EQ(login_.NextAt(now_), now_ + 1s);
  EXPECT_LE(other_.NextAt(now_), now_);

  now_ += 1s;
  End(login_.Begin(now_), {.kind = ErrorKind::kNotFound, .http_status = 404});
  EXPECT_EQ(login_.NextAt(now_), now_ + 1min);
  EXPECT_EQ(login_.Tries(), 0U);
}

TEST_F(IamLoginTest, RestsAsLongAsIamAsksForWhereItIsOutOfService) {
  End(login_.Begin(now_), {.kind = ErrorKind::kServerError, .http_status = 503},
      {.retry_after = 30s, .quota = {}});

  EXPECT_EQ(login_.NextAt(now_), now_ + 30s);
}

TEST_F(IamLoginTest, SharesThePauseThatIamAsksForAndCountsNoTry) {
  End(login_.Begin(now_), {.kind = ErrorKind::kThrottled, .http_status = 429},
      {.retry_after = 500ms, .quota = {}});

  EXPECT_EQ(other_.NextAt(now_), now_ + 500ms);
  EXPECT_EQ(login_.NextAt(now_), now_ + 500ms);
  EXPECT_EQ(other_.Tries(), 0U);
}

TEST_F(IamLoginTest, CountsARefusalAgainstThePassword) {
  End(login_.Begin(now_),
      {.kind = ErrorKind::kUnauthorized, .message = "no", .http_status = 401});

  EXPECT_EQ(login_.NextAt(now_), now_ + 1min);
  EXPECT_EQ(other_.Tries(), 1U);
  ASSERT_TRUE(other_.Refusal());
  EXPECT_EQ(other_.Refusal()->message, "no");
}

TEST_F(IamLoginTest, SaysNothingOfAPasswordThatWasReplacedMeanwhile) {
  const IamLogin::Pass pass = login_.Begin(now_);
  EXPECT_TRUE(login_.IsOnItsWay());
  login_.NewSecret();
  EXPECT_FALSE(login_.IsOnItsWay());

  End(pass, {.kind = ErrorKind::kUnauthorized, .http_status = 401});
  EXPECT_LE(login_.NextAt(now_), now_);
  EXPECT_EQ(login_.Tries(), 0U);
}

}  // namespace
}  // namespace exporter
