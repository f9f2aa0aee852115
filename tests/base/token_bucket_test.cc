#include "base/token_bucket.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr Deadline kBucketBegin{1h};

TEST(TokenBucketTest, LetsABurstGoAndThenTheRate) {
  TokenBucket bucket({.requests = 200, .per = 5min, .burst = 20});

  for (int i = 0; i < 20; ++i) EXPECT_TRUE(bucket.Take(kBucketBegin)) << i;
  EXPECT_FALSE(bucket.Take(kBucketBegin));
  EXPECT_FALSE(bucket.Take(kBucketBegin + 1499ms));
  EXPECT_TRUE(bucket.Take(kBucketBegin + 1500ms));
  EXPECT_FALSE(bucket.Take(kBucketBegin + 1500ms));
}

TEST(TokenBucketTest, SaysWhenATurnComes) {
  TokenBucket bucket({.requests = 1, .per = 1s, .burst = 2});

  EXPECT_EQ(bucket.TurnAfter(0, kBucketBegin), kBucketBegin);
  EXPECT_EQ(bucket.TurnAfter(1, kBucketBegin), kBucketBegin);
  EXPECT_EQ(bucket.TurnAfter(2, kBucketBegin), kBucketBegin + 1s);
  EXPECT_EQ(bucket.TurnAfter(4, kBucketBegin), kBucketBegin + 3s);
}

TEST(TokenBucketTest, NeverHoldsMoreThanItsBurst) {
  TokenBucket bucket({.requests = 10, .per = 1s, .burst = 3});

  int taken = 0;
  while (bucket.Take(kBucketBegin + 24h)) ++taken;

  EXPECT_EQ(taken, 3);
}

TEST(TokenBucketTest, DoesNotOverflowForARateNearZero) {
  TokenBucket bucket({.requests = 1e-300, .per = 1ms, .burst = 1});

  EXPECT_TRUE(bucket.Take(kBucketBegin));
  EXPECT_GT(bucket.TurnAfter(1000, kBucketBegin), kBucketBegin + 24h * 365);
}

}  // namespace
}  // namespace exporter
