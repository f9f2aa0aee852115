#include "base/duration.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

TEST(ParseDurationTest, ReadsWhatPrometheusReads) {
  const struct {
    const char* text;
    milliseconds duration;
  } kCases[] = {
      {"0", 0ms},
      {"0s", 0ms},
      {"500ms", 500ms},
      {"5s", 5s},
      {"1m30s", 90s},
      {"1h", 1h},
      {"1d", 24h},
      {"1w", 24h * 7},
      {"1y", 24h * 365},
      {"1y2w3d4h5m6s7ms", 24h * (365 + 14 + 3) + 4h + 5min + 6s + 7ms},
      {"007s", 7s},
      {"90m", 90min},
      {"292y", 24h * 365 * 292},
  };
  for (const auto& [text, duration] : kCases) {
    EXPECT_EQ(ParseDuration(text), duration) << text;
  }
}

TEST(ParseDurationTest, RefusesEverythingElse) {
  for (const char* text : {"",
                           "5",
                           "00",
                           "s",
                           "ms",
                           "-5s",
                           "+5s",
                           "1.5s",
                           "5 s",
                           " 5s",
                           "5s ",
                           "5S",
                           "5sec",
                           "5µs",
                           "1s1m",
                           "1m1m",
                           "1m30",
                           "5s,",
                           "1e3s",
                           "300y",
                           "99999999999999999999s",
                           "9223372036854775807ms"}) {
    EXPECT_EQ(ParseDuration(text), std::nullopt) << text;
  }
}

TEST(FormatDurationTest, IsShort) {
  EXPECT_EQ(FormatDuration(0ms), "0s");
  EXPECT_EQ(FormatDuration(500ms), "500ms");
  EXPECT_EQ(FormatDuration(90s), "1m30s");
  EXPECT_EQ(FormatDuration(24h * 13), "13d");
  EXPECT_EQ(FormatDuration(24h * 14), "2w");
}

TEST(FormatSecondsTest, HasThreeDigits) {
  EXPECT_EQ(FormatSeconds(0ns), "0.000");
  EXPECT_EQ(FormatSeconds(12'345'678ns), "0.012");
  EXPECT_EQ(FormatSeconds(90s), "90.000");
}

TEST(FormatDurationTest, IsReadBackAsTheSame) {
  for (milliseconds duration = 1ms; duration < 24h * 1000;
       duration = duration * 7 / 3 + 1ms) {
    EXPECT_EQ(ParseDuration(FormatDuration(duration)), duration)
        << FormatDuration(duration);
  }
}

}  // namespace
}  // namespace exporter
