#include "cloud/gateway_limit.h"

#include <gtest/gtest.h>

#include <string>

namespace exporter {
namespace {

using namespace std::chrono_literals;

GatewayLimit LimitIn(const std::string& message) {
  return DecodeGatewayLimit(
      {429,
       {},
       R"({"error_code":"APIG.0308","error_msg":")" + message + "\"}"});
}

TEST(GatewayLimitTest, ReadsWhoseLimitItIs) {
  EXPECT_TRUE(LimitIn("policy user over ratelimit").is_of_user);
  EXPECT_FALSE(LimitIn("policy api over ratelimit").is_of_user);
  EXPECT_FALSE(LimitIn("policy app over ratelimit").is_of_user);
  EXPECT_TRUE(LimitIn("too many requests").is_of_user);
  EXPECT_TRUE(DecodeGatewayLimit({429, {}, ""}).is_of_user);
}

TEST(GatewayLimitTest, ReadsTheLimitAndItsWindow) {
  const struct {
    const char* message;
    std::optional<int> requests;
    std::chrono::milliseconds window;
  } kCases[] = {
      {"policy user over ratelimit,limit:200,time:5 minute", 200, 5min},
      {"limit:1,time:10 second", 1, 10s},
      {"limit:1000001,time:2 hours", 1'000'000, 2h},
      {"limit:99999999999999999999,time:1 day", 1'000'000, 24h},
      {"limit:1,time:9223372036854775807 day", 1, 30 * 24h},
      {"limit:200,time:5 fortnight", std::nullopt, 0s},
      {"limit:200,time:0 minute", std::nullopt, 0s},
      {"limit:200", std::nullopt, 0s},
      {"limit:-1,time:5 minute", std::nullopt, 0s},
      {"limit:,time:5 minute", std::nullopt, 0s},
      {"limit:5,time: minute", std::nullopt, 0s},
  };
  for (const auto& [message, requests, window] : kCases) {
    const GatewayLimit limit = LimitIn(message);
    EXPECT_EQ(limit.requests, requests) << message;
    EXPECT_EQ(limit.window, window) << message;
  }
}

// A closed API: not the same as a limit that is not told.
TEST(GatewayLimitTest, ALimitOfNoneIsALimit) {
  const GatewayLimit limit = LimitIn("limit:0,time:1 minute");
  EXPECT_EQ(limit.requests, 0);
  EXPECT_EQ(limit.window, 1min);
}

}  // namespace
}  // namespace exporter
