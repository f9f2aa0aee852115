#include "collect/pacing.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{1h};

TEST(TokenBucketTest, LetsABurstGoAndThenTheRate) {
  TokenBucket bucket({.requests = 200, .per = 5min, .burst = 20}, kStart);

  for (int i = 0; i < 20; ++i) EXPECT_TRUE(bucket.Take(kStart)) << i;
  EXPECT_FALSE(bucket.Take(kStart));
  EXPECT_FALSE(bucket.Take(kStart + 1499ms));
  EXPECT_TRUE(bucket.Take(kStart + 1500ms));
  EXPECT_FALSE(bucket.Take(kStart + 1500ms));
}

TEST(TokenBucketTest, SaysWhenATurnComes) {
  TokenBucket bucket({.requests = 1, .per = 1s, .burst = 2}, kStart);

  EXPECT_EQ(bucket.TurnAfter(0, kStart), kStart);
  EXPECT_EQ(bucket.TurnAfter(1, kStart), kStart);
  EXPECT_EQ(bucket.TurnAfter(2, kStart), kStart + 1s);
  EXPECT_EQ(bucket.TurnAfter(4, kStart), kStart + 3s);
}

TEST(TokenBucketTest, NeverHoldsMoreThanItsBurst) {
  TokenBucket bucket({.requests = 10, .per = 1s, .burst = 3}, kStart);

  int taken = 0;
  while (bucket.Take(kStart + 24h)) ++taken;

  EXPECT_EQ(taken, 3);
}

TEST(TokenBucketTest, DoesNotOverflowForARateNearZero) {
  TokenBucket bucket({.requests = 1e-300, .per = 1ms, .burst = 1}, kStart);

  EXPECT_TRUE(bucket.Take(kStart));
  EXPECT_GT(bucket.TurnAfter(1000, kStart), kStart + 24h * 365);
}

TEST(PauseTest, LastsAsLongAsTheCloudSays) {
  Pause pause;
  Dice dice;

  pause.Throttled(kStart, 7s, kStart + 1s, dice);

  EXPECT_EQ(pause.Until(), kStart + 8s);
}

TEST(PauseTest, GrowsWithoutWordFromTheCloudUntilARequestSucceeds) {
  Pause pause;
  Dice dice;
  SteadyTime now = kStart;
  for (const auto longest : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    pause.Throttled(now, std::nullopt, now, dice);
    EXPECT_GE(pause.Until() - now, longest / 2);
    EXPECT_LE(pause.Until() - now, longest);
    now = pause.Until();
  }

  pause.Succeeded();
  pause.Throttled(now, std::nullopt, now, dice);

  EXPECT_LE(pause.Until() - now, 1s);
}

TEST(PauseTest, GrowsOncePerPauseHoweverManyWereOnTheirWay) {
  Pause pause;
  Dice dice;

  int begun = 0;
  for (int i = 0; i < 32; ++i) {
    if (pause.Throttled(kStart, std::nullopt, kStart + 10ms, dice)) ++begun;
  }

  EXPECT_EQ(begun, 1);

  EXPECT_LE(pause.Until(), kStart + 10ms + 1s);
}

TEST(RetryBudgetTest, AllowsTenAMinuteWhateverTheLoad) {
  RetryBudget budget;

  int taken = 0;
  while (budget.Take(kStart)) ++taken;
  EXPECT_EQ(taken, 10);

  EXPECT_FALSE(budget.Take(kStart + 59s));
  EXPECT_TRUE(budget.Take(kStart + 60s));
}

TEST(RetryBudgetTest, AllowsATenthOfTheRequestsOfTheLastMinute) {
  RetryBudget budget;
  for (int i = 0; i < 500; ++i) budget.CountRequest(kStart);

  int taken = 0;
  while (budget.Take(kStart + 1s)) ++taken;

  EXPECT_EQ(taken, 50);
}

}  // namespace
}  // namespace exporter
