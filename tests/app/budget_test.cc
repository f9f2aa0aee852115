#include "app/budget.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

using namespace std::chrono_literals;

ScrapeConfig Configured() { return {.timeout = 8s, .timeout_offset = 500ms}; }

TEST(ScrapeBudgetTest, KeepsTheOffsetBackFromTheHeader) {
  EXPECT_EQ(ScrapeBudget("10", Configured()), 9500ms);
  EXPECT_EQ(ScrapeBudget("2.25", Configured()), 1750ms);
  EXPECT_EQ(ScrapeBudget("1e1", Configured()), 9500ms);
}

TEST(ScrapeBudgetTest, LeavesAtLeastHalfOfTheHeader) {
  EXPECT_EQ(ScrapeBudget("1", Configured()), 500ms);
  EXPECT_EQ(ScrapeBudget("0.5", Configured()), 250ms);
  EXPECT_EQ(ScrapeBudget("10", {.timeout_offset = 20s}), 5s);
}

TEST(ScrapeBudgetTest, IsTenMinutesAtMost) {
  EXPECT_EQ(ScrapeBudget("601", Configured()), 600s);
  EXPECT_EQ(ScrapeBudget("1e300", Configured()), 600s);
  EXPECT_EQ(ScrapeBudget("", {.timeout = 1h}), 600s);
}

TEST(ScrapeBudgetTest, TakesAnythingElseAsNoHeader) {
  for (const char* header :
       {"", "0", "-1", "-0.0", "nan", "NaN", "inf", "-inf", "1e999", "ten",
        "10s", " 10", "10 ", "0x10", "1,5", "+10"}) {
    EXPECT_EQ(ScrapeBudget(header, Configured()), 8s) << header;
  }
}

}  // namespace
}  // namespace exporter
