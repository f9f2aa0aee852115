#include "pages/human_text.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

namespace exporter {
namespace {

using namespace std::chrono_literals;

TEST(HumanTextTest, GroupsTheDigitsOfCounts) {
  EXPECT_EQ(HumanCount(0), "0");
  EXPECT_EQ(HumanCount(999), "999");
  EXPECT_EQ(HumanCount(1000), "1,000");
  EXPECT_EQ(HumanCount(1234567), "1,234,567");
  EXPECT_EQ(HumanCount(-100), "-100");
  EXPECT_EQ(HumanCount(-1000), "-1,000");
  EXPECT_EQ(HumanCount(INT64_MAX), "9,223,372,036,854,775,807");
}

TEST(HumanTextTest, GivesSpansTwoUnitsAtMost) {
  const auto span = [](double seconds) {
    return HumanSpan(std::chrono::duration<double>(seconds));
  };

  EXPECT_EQ(span(0), "0 s");
  EXPECT_EQ(span(0.2304), "230 ms");
  EXPECT_EQ(span(0.9999), "1 s");
  EXPECT_EQ(span(1), "1 s");
  EXPECT_EQ(span(1.32), "1.32 s");
  EXPECT_EQ(span(9.5), "9.5 s");
  EXPECT_EQ(span(9.999), "10 s");
  EXPECT_EQ(span(59.4), "59 s");
  EXPECT_EQ(span(59.6), "1 min 00 s");
  EXPECT_EQ(span(125), "2 min 05 s");
  EXPECT_EQ(span(3 * 3600 + 7 * 60), "3 h 07 min");
  EXPECT_EQ(span(12.25 * 86400), "12 d 6 h");
}

TEST(HumanTextTest, CallsAnImpossibleSpanAQuestion) {
  for (const double seconds :
       {-1.0, 1e18, std::numeric_limits<double>::infinity(),
        std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_EQ(HumanSpan(std::chrono::duration<double>(seconds)), "?")
        << seconds;
  }
}

TEST(HumanTextTest, GivesAgesOneUnit) {
  EXPECT_EQ(HumanAge(999ms), "0 s");
  EXPECT_EQ(HumanAge(59s), "59 s");
  EXPECT_EQ(HumanAge(119s), "1 min");
  EXPECT_EQ(HumanAge(47h + 59min), "47 h");
  EXPECT_EQ(HumanAge(72h), "3 d");
}

TEST(HumanTextTest, TakesAnAgeInTheFutureForNone) {
  EXPECT_EQ(HumanAge(-5s), "0 s");
}

TEST(HumanTextTest, WritesTimesWithoutTheLettersOfRfc3339) {
  EXPECT_EQ(HumanTime(WallTime(1'704'110'400'999ms)), "2024-01-01 12:00:00");
}

TEST(HumanTextTest, ShortensBetweenCharactersOnly) {
  EXPECT_EQ(Shorten("short", 5), "short");
  EXPECT_EQ(Shorten("longer", 5), "longe…");
  EXPECT_EQ(Shorten("数据集", 7), "数据…");
  EXPECT_EQ(Shorten("数据集", 6), "数据…");
}

}  // namespace
}  // namespace exporter
