#include "base/time_format.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr WallTime At(std::int64_t milliseconds) {
  return WallTime(std::chrono::milliseconds(milliseconds));
}

TEST(FormatRfc3339Test, WritesMillisecondsInUtc) {
  EXPECT_EQ(FormatRfc3339(At(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(FormatRfc3339(At(1606114833874)), "2020-11-23T07:00:33.874Z");
  EXPECT_EQ(FormatRfc3339(At(951782400001)), "2000-02-29T00:00:00.001Z");
  EXPECT_EQ(FormatRfc3339(At(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(ParseRfc3339Test, TakesAnyNumberOfFractionalDigits) {
  const struct {
    const char* text;
    WallTime time;
  } kCases[] = {
      {"1970-01-01T00:00:00Z", At(0)},
      {"2020-01-04T09:05:22.701000Z", At(1578128722701)},
      {"2020-01-04T09:05:22.7Z", At(1578128722700)},
      {"2020-01-04T09:05:22.7019999999Z", At(1578128722701)},
      {"2020-02-29T23:59:59Z", At(1583020799000)},
  };
  for (const auto& [text, time] : kCases) {
    EXPECT_EQ(ParseRfc3339(text), time) << text;
  }
}

// Source: RFC 3339, section 5.6, the note.
TEST(ParseRfc3339Test, TakesSmallLettersAndABlank) {
  for (const char* text : {"2020-01-04 09:05:22Z", "2020-01-04t09:05:22z",
                           "2020-01-04 17:05:22+08:00"}) {
    EXPECT_EQ(ParseRfc3339(text), At(1578128722000)) << text;
  }
}

TEST(ParseRfc3339Test, TakesAnOffsetFromUtc) {
  for (const char* text :
       {"2020-01-04T17:05:22.701+08:00", "2020-01-04T17:05:22.701+0800",
        "2020-01-04T05:35:22.701-03:30", "2020-01-04T09:05:22.701-00:00",
        "2020-01-05T09:04:22.701+23:59"}) {
    EXPECT_EQ(ParseRfc3339(text), At(1578128722701)) << text;
  }
  EXPECT_EQ(ParseRfc3339("1970-01-01T08:00:00+08:00"), At(0));
}

TEST(ParseRfc3339Test, RefusesEverythingElse) {
  for (const char* text : {"",
                           "2020-01-04",
                           "2020-01-04T09:05:22",
                           "2020-01-04_09:05:22Z",
                           "2020-01-04T09:05:22+8",
                           "2020-01-04T09:05:22+08",
                           "+08:00",
                           "2020-01-04T09:05:22+24:00",
                           "2020-01-04T09:05:22+08:60",
                           "2020-01-04T09:05:22+08:00Z",
                           "2020-01-04T09:05:22Z+08:00",
                           "2020-01-04T09:05:22+-8:00",
                           "2020-01-04T09:05:22.+08:00",
                           "2020-01-04+08:00",
                           "2020-13-04T09:05:22Z",
                           "2021-02-29T09:05:22Z",
                           "2020-01-04T24:05:22Z",
                           "2020-01-04T09:60:22Z",
                           "2020-01-04T09:05:61Z",
                           "2020-01-04T09:05:22.Z",
                           "2020-01-04T09:05:22.1xZ",
                           "2020-01-04T09:05:22.-1Z",
                           "2020-01-04T-9:05:22Z",
                           "2020-1-4T09:05:22ZZZ",
                           "20200104T090522Z     "}) {
    EXPECT_EQ(ParseRfc3339(text), std::nullopt) << text;
  }
}

TEST(ParseRfc3339Test, IsTheInverseOfFormatRfc3339) {
  for (std::int64_t ms = 1; ms < 4'000'000'000'000; ms = ms * 5 / 3 + 7) {
    EXPECT_EQ(ParseRfc3339(FormatRfc3339(At(ms))), At(ms)) << ms;
  }
}

TEST(ParseHttpDateTest, ReadsTheOneFormInUse) {
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"), At(784111777000));
  EXPECT_EQ(ParseHttpDate("Thu, 01 Jan 1970 00:00:00 GMT"), At(0));
}

TEST(ParseHttpDateTest, IsTheInverseOfFormatHttpDate) {
  for (std::int64_t s = 1; s < 4'000'000'000; s = s * 5 / 3 + 7) {
    EXPECT_EQ(ParseHttpDate(FormatHttpDate(At(s * 1000))), At(s * 1000)) << s;
  }
}

TEST(FormatHttpDateTest, NamesTheDayAndDropsPartsOfASecond) {
  EXPECT_EQ(FormatHttpDate(At(784111777999)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(FormatHttpDate(At(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(ParseHttpDateTest, RefusesEverythingElse) {
  for (const char* text :
       {"", "120", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT ", "Sun, 06 Nov 1994 08:49:37 GMTx"}) {
    EXPECT_EQ(ParseHttpDate(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace exporter
