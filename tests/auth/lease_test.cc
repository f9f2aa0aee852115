#include "auth/lease.h"

#include <gtest/gtest.h>

#include <optional>

#include "support/fake_clock.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using Readiness = Credentials::Readiness;

const Error kNoReply{ErrorKind::kConnect, "connection refused"};
const Error kRefusal{ErrorKind::kUnauthorized, "HTTP 401"};

class LeaseTest : public testing::Test {
 protected:
  WallTime Now() const { return clock_.WallNow(); }

  void Succeed(std::chrono::milliseconds life) {
    lease_.Begin();
    lease_.Succeed(Now() + life, Now());
  }

  void Fail(const Error& why) {
    lease_.Begin();
    lease_.Fail(why);
  }

  // From now on, in whole seconds.
  std::chrono::milliseconds TimeUntilWanted() const {
    WallTime time = Now();
    while (!lease_.IsWanted(time)) time += 1s;
    return time - Now();
  }

  FakeClock clock_;
  Lease lease_{30min};
};

TEST_F(LeaseTest, IsWantedFromTheBeginning) {
  EXPECT_TRUE(lease_.IsWanted(Now()));
  EXPECT_EQ(lease_.State(Now()), Readiness::kPending);
  EXPECT_FALSE(lease_.End());
}

TEST_F(LeaseTest, IsNotWantedWhileARenewalIsOnItsWay) {
  lease_.Begin();

  EXPECT_FALSE(lease_.IsWanted(Now() + 24h));
  EXPECT_EQ(lease_.State(Now() + 24h), Readiness::kPending);
}

TEST_F(LeaseTest, IsRenewedAheadOfItsEnd) {
  const struct {
    std::chrono::milliseconds life;
    std::chrono::milliseconds due;
  } kCases[] = {
      {24h, 23h + 30min}, {1h, 30min}, {40min, 20min},
      {2min, 1min},       {90s, 1min}, {10s, 10s},
  };
  for (const auto& [life, due] : kCases) {
    Succeed(life);
    EXPECT_EQ(TimeUntilWanted(), due) << life.count();
    EXPECT_EQ(lease_.End(), Now() + life);
  }
}

TEST_F(LeaseTest, IsRenewedAfterAnHourIfItsEndIsUnknownButHoldsOn) {
  lease_.Begin();
  lease_.Succeed(std::nullopt, Now());

  EXPECT_EQ(TimeUntilWanted(), 1h);
  EXPECT_TRUE(lease_.Holds(Now() + 1000h));
}

TEST_F(LeaseTest, EndsAtItsEnd) {
  Succeed(1h);

  EXPECT_TRUE(lease_.Holds(Now() + 1h - 1ms));
  EXPECT_FALSE(lease_.Holds(Now() + 1h));
}

TEST_F(LeaseTest, HasNothingToWaitForAfterAFailureUntilItIsAskedForAgain) {
  Fail(kNoReply);
  EXPECT_EQ(lease_.State(Now() + 24h), Readiness::kNone);
  EXPECT_TRUE(lease_.IsWanted(Now()));

  lease_.Begin();
  EXPECT_EQ(lease_.State(Now()), Readiness::kPending);

  lease_.Succeed(Now() + 1h, Now());
  EXPECT_EQ(lease_.State(Now() + 1h), Readiness::kPending);
}

TEST_F(LeaseTest, KeepsWhatItHoldsWhileRenewalsFail) {
  Succeed(1h);
  clock_.Advance(31min);
  Fail(kRefusal);

  EXPECT_EQ(lease_.State(Now()), Readiness::kReady);
  clock_.Advance(29min);
  EXPECT_EQ(lease_.State(Now()), Readiness::kNone);
}

TEST_F(LeaseTest, DoesNotCountWhatWasAbandoned) {
  lease_.Begin();
  lease_.Abandon();

  EXPECT_TRUE(lease_.IsWanted(Now()));
  EXPECT_EQ(lease_.State(Now()), Readiness::kPending);
}

TEST_F(LeaseTest, GivesUpWhatWasRefusedAndIsWantedAtOnce) {
  Succeed(1h);
  lease_.GiveUp();

  EXPECT_EQ(lease_.State(Now()), Readiness::kPending);
  EXPECT_TRUE(lease_.IsWanted(Now()));
  EXPECT_FALSE(lease_.End());
}

}  // namespace
}  // namespace exporter
