#include "auth/clock_skew.h"

#include <gtest/gtest.h>

#include <string>

#include "support/fake_clock.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

HttpReply Refusal(int status, std::string date) {
  return HttpReply{status, {{"date", std::move(date)}}, ""};
}

TEST(DescribeClockSkewTest, SaysBothTimes) {
  FakeClock clock;
  clock.Advance(1h);

  EXPECT_EQ(DescribeClockSkew(Refusal(401, "Mon, 01 Jan 2024 00:00:00 GMT"),
                              clock.WallNow()),
            "the clock here says 2024-01-01T01:00:00.000Z, the server's "
            "2024-01-01T00:00:00.000Z: 1h ahead");
  EXPECT_EQ(DescribeClockSkew(Refusal(401, "Mon, 01 Jan 2024 01:15:30 GMT"),
                              clock.WallNow()),
            "the clock here says 2024-01-01T01:00:00.000Z, the server's "
            "2024-01-01T01:15:30.000Z: 15m30s behind");
}

TEST(DescribeClockSkewTest, BeginsAfterFiveMinutes) {
  const FakeClock clock;

  EXPECT_TRUE(DescribeClockSkew(Refusal(401, "Mon, 01 Jan 2024 00:05:01 GMT"),
                                clock.WallNow()));
}

TEST(DescribeClockSkewTest, SaysNothingWhereTheClockIsNotTheCause) {
  const FakeClock clock;
  for (const HttpReply& reply :
       {Refusal(401, "Mon, 01 Jan 2024 00:05:00 GMT"),
        Refusal(401, "Sun, 31 Dec 2023 23:55:00 GMT"),
        Refusal(200, "Mon, 01 Jan 2024 01:00:00 GMT"),
        Refusal(429, "Mon, 01 Jan 2024 01:00:00 GMT"),
        Refusal(401, "Mon, 01 Jan 0001 00:00:00 GMT"),
        Refusal(401, "Thu, 01 Jan 1970 00:00:00 GMT"),
        Refusal(401, "yesterday"), HttpReply{401, {}, ""}}) {
    EXPECT_FALSE(DescribeClockSkew(reply, clock.WallNow()));
  }
}

}  // namespace
}  // namespace exporter
