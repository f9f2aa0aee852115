#include "collect/pacing.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kBegin{1h};

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
