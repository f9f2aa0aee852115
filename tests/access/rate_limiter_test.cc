#include "access/rate_limiter.h"

#include <gtest/gtest.h>

#include "access/go_duration.h"
#include "support/fake_clock.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

TEST(RateLimiterTest, LetsABurstPassAndThenOneAfterEachInterval) {
  FakeClock clock;
  clock.Advance(1h);
  RateLimiter limiter({.requests = 1, .per = 100ms, .burst = 3});

  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.Allow(clock.SteadyNow()));
  EXPECT_FALSE(limiter.Allow(clock.SteadyNow()));
  clock.Advance(99ms);
  EXPECT_FALSE(limiter.Allow(clock.SteadyNow()));
  clock.Advance(1ms);
  EXPECT_TRUE(limiter.Allow(clock.SteadyNow()));
  EXPECT_FALSE(limiter.Allow(clock.SteadyNow()));
}

TEST(RateLimiterTest, SavesUpNoMoreThanTheBurst) {
  FakeClock clock;
  RateLimiter limiter({.requests = 1, .per = 100ms, .burst = 2});
  clock.Advance(24h);

  EXPECT_TRUE(limiter.Allow(clock.SteadyNow()));
  EXPECT_TRUE(limiter.Allow(clock.SteadyNow()));
  EXPECT_FALSE(limiter.Allow(clock.SteadyNow()));
}

TEST(ParseGoDurationTest, ReadsWhatGoReads) {
  EXPECT_EQ(ParseGoDuration("0"), 0ns);
  EXPECT_EQ(ParseGoDuration("1ns"), 1ns);
  EXPECT_EQ(ParseGoDuration("1us"), 1us);
  EXPECT_EQ(ParseGoDuration("1µs"), 1us);
  EXPECT_EQ(ParseGoDuration("1.5ms"), 1500us);
  EXPECT_EQ(ParseGoDuration(".5s"), 500ms);
  EXPECT_EQ(ParseGoDuration("1h30m2s"), 5402s);
  EXPECT_EQ(ParseGoDuration("2h2h"), 4h);
}

TEST(ParseGoDurationTest, RefusesTheRest) {
  for (const char* text : {"", "1", "s", "-1s", "1 s", "1d", "1s ", "inf",
                           "infs", "nans", "1e3s", "99999999h", "1s1", "."}) {
    EXPECT_FALSE(ParseGoDuration(text)) << text;
  }
}

}  // namespace
}  // namespace exporter
