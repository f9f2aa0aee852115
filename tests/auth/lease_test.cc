#include "auth/lease.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

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
    lease_.Fail(why, Now());
  }

  // From now on, in whole seconds.
  std::chrono::milliseconds TimeUntilDue() const {
    WallTime time = Now();
    while (!lease_.Due(time)) time += 1s;
    return time - Now();
  }

  FakeClock clock_;
  Lease lease_{30min};
};

TEST_F(LeaseTest, IsDueFromTheBeginning) {
  EXPECT_TRUE(lease_.Due(Now()));
  EXPECT_EQ(lease_.State(Now()), Readiness::kPending);
  EXPECT_FALSE(lease_.End());
}

TEST_F(LeaseTest, IsNotDueWhileARenewalIsOnItsWay) {
  lease_.Begin();

  EXPECT_FALSE(lease_.Due(Now() + 24h));
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
    EXPECT_EQ(TimeUntilDue(), due) << life.count();
    EXPECT_EQ(lease_.End(), Now() + life);
  }
}

TEST_F(LeaseTest, IsRenewedAfterAnHourIfItsEndIsUnknownButHoldsOn) {
  lease_.Begin();
  lease_.Succeed(std::nullopt, Now());

  EXPECT_EQ(TimeUntilDue(), 1h);
  EXPECT_TRUE(lease_.Holds(Now() + 1000h));
}

TEST_F(LeaseTest, EndsAtItsEnd) {
  Succeed(1h);

  EXPECT_TRUE(lease_.Holds(Now() + 1h - 1ms));
  EXPECT_FALSE(lease_.Holds(Now() + 1h));
}

TEST_F(LeaseTest, DoesNotAskWithoutAPauseForWhatEndsAtOnce) {
  Succeed(1ms);
  clock_.Advance(2ms);

  EXPECT_FALSE(lease_.Due(Now()));
  EXPECT_TRUE(lease_.Due(Now() + 1s));
}

TEST_F(LeaseTest, WaitsLongerAfterEachFailureUpToAMinute) {
  std::vector<std::chrono::milliseconds> waits;
  for (int i = 0; i < 9; ++i) {
    Fail(kNoReply);
    waits.push_back(TimeUntilDue());
    clock_.Advance(waits.back());
  }

  EXPECT_EQ(waits, (std::vector<std::chrono::milliseconds>{
                       1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s, 60s}));
}

TEST_F(LeaseTest, WaitsAMinuteAfterARefusal) {
  for (const ErrorKind kind : {ErrorKind::kUnauthorized, ErrorKind::kForbidden,
                               ErrorKind::kNotFound, ErrorKind::kClientError}) {
    Fail({kind, "refused"});
    EXPECT_EQ(TimeUntilDue(), 60s) << ToLabel(kind);
    EXPECT_EQ(lease_.State(Now()), Readiness::kNone) << ToLabel(kind);
    clock_.Advance(60s);
    EXPECT_EQ(lease_.State(Now()), Readiness::kPending) << ToLabel(kind);
  }
}

TEST_F(LeaseTest, KeepsWhatItHoldsWhileRenewalsFail) {
  Succeed(1h);
  clock_.Advance(31min);
  Fail(kRefusal);

  EXPECT_EQ(lease_.State(Now()), Readiness::kReady);
  EXPECT_EQ(TimeUntilDue(), 60s);
  clock_.Advance(29min);
  EXPECT_EQ(lease_.State(Now()), Readiness::kPending);
}

TEST_F(LeaseTest, StartsOverAfterASuccess) {
  Fail(kNoReply);
  Fail(kNoReply);
  Succeed(1h);
  clock_.Advance(1h);
  Fail(kNoReply);

  EXPECT_EQ(TimeUntilDue(), 1s);
}

TEST_F(LeaseTest, WaitsForNothingOnceThereIsSomethingNewToAskWith) {
  Fail(kRefusal);
  lease_.ForgetFailures();

  EXPECT_TRUE(lease_.Due(Now()));
}

TEST_F(LeaseTest, DoesNotCountWhatWasAbandoned) {
  lease_.Begin();
  lease_.Abandon();

  EXPECT_TRUE(lease_.Due(Now()));
}

TEST_F(LeaseTest, GivesUpWhatWasRefusedAndIsDueAtOnce) {
  Succeed(1h);
  lease_.Refuse(Now());

  EXPECT_EQ(lease_.State(Now()), Readiness::kPending);
  EXPECT_FALSE(lease_.End());
}

TEST_F(LeaseTest, KeepsWhatReplacedSomethingThatWasJustRefused) {
  Succeed(1h);
  lease_.Refuse(Now());
  Succeed(1h);
  clock_.Advance(59s);
  lease_.Refuse(Now());
  EXPECT_EQ(lease_.State(Now()), Readiness::kReady);

  clock_.Advance(1s);
  lease_.Refuse(Now());
  EXPECT_EQ(lease_.State(Now()), Readiness::kPending);
}

TEST_F(LeaseTest, KeepsHoldingBackWhenRefusedWhileRenewalsFail) {
  Succeed(1h);
  clock_.Advance(31min);
  Fail(kRefusal);
  lease_.Refuse(Now());

  EXPECT_EQ(lease_.State(Now()), Readiness::kNone);
  EXPECT_EQ(TimeUntilDue(), 60s);
}

TEST_F(LeaseTest, WaitsForNoTimeThatAClockSetBackPutFarAway) {
  clock_.Advance(24h);
  Fail(kRefusal);
  clock_.Advance(-24h);

  EXPECT_TRUE(lease_.Due(Now()));
}

}  // namespace
}  // namespace exporter
