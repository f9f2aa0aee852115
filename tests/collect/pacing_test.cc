#include "collect/pacing.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kBegin{1h};

TEST(TokenBucketTest, LetsABurstGoAndThenTheRate) {
  TokenBucket bucket({.requests = 200, .per = 5min, .burst = 20}, kBegin);

  for (int i = 0; i < 20; ++i) EXPECT_TRUE(bucket.Take(kBegin)) << i;
  EXPECT_FALSE(bucket.Take(kBegin));
  EXPECT_FALSE(bucket.Take(kBegin + 1499ms));
  EXPECT_TRUE(bucket.Take(kBegin + 1500ms));
  EXPECT_FALSE(bucket.Take(kBegin + 1500ms));
}

TEST(TokenBucketTest, SaysWhenATurnComes) {
  TokenBucket bucket({.requests = 1, .per = 1s, .burst = 2}, kBegin);

  EXPECT_EQ(bucket.TurnAfter(0, kBegin), kBegin);
  EXPECT_EQ(bucket.TurnAfter(1, kBegin), kBegin);
  EXPECT_EQ(bucket.TurnAfter(2, kBegin), kBegin + 1s);
  EXPECT_EQ(bucket.TurnAfter(4, kBegin), kBegin + 3s);
}

TEST(TokenBucketTest, NeverHoldsMoreThanItsBurst) {
  TokenBucket bucket({.requests = 10, .per = 1s, .burst = 3}, kBegin);

  int taken = 0;
  while (bucket.Take(kBegin + 24h)) ++taken;

  EXPECT_EQ(taken, 3);
}

TEST(TokenBucketTest, DoesNotOverflowForARateNearZero) {
  TokenBucket bucket({.requests = 1e-300, .per = 1ms, .burst = 1}, kBegin);

  EXPECT_TRUE(bucket.Take(kBegin));
  EXPECT_GT(bucket.TurnAfter(1000, kBegin), kBegin + 24h * 365);
}

TEST(RetryBudgetTest, AllowsTenAMinuteWhateverTheLoad) {
  RetryBudget budget;

  int taken = 0;
  while (budget.Take(kBegin)) ++taken;
  EXPECT_EQ(taken, 10);

  EXPECT_FALSE(budget.Take(kBegin + 59s));
  EXPECT_TRUE(budget.Take(kBegin + 60s));
}

TEST(RetryBudgetTest, AllowsATenthOfTheRequestsOfTheLastMinute) {
  RetryBudget budget;
  for (int i = 0; i < 500; ++i) budget.CountRequest(kBegin);

  int taken = 0;
  while (budget.Take(kBegin + 1s)) ++taken;

  EXPECT_EQ(taken, 50);
}

}  // namespace
}  // namespace exporter
