#include "net/incoming_reply.h"

#include <gtest/gtest.h>

#include <string>

namespace exporter {
namespace {

using Fault = IncomingReply::Fault;

TEST(StatusOfTest, TakesThreeDigitsAndNothingElse) {
  const struct {
    const char* line;
    int status;
  } kCases[] = {
      {"HTTP/1.1 200 OK\r\n", 200}, {"HTTP/1.0 404 Not Found\n", 404},
      {"HTTP/2 100 \r\n", 100},     {"HTTP/2 999\r\n", 999},
      {"HTTP/1.1  503 \r\n", 503},  {"HTTP/1.1 099\r\n", 0},
      {"HTTP/1.1 20\r\n", 0},       {"HTTP/1.1 2000 OK\r\n", 0},
      {"HTTP/2 7\r\n", 0},          {"HTTP/1.1 2x0\r\n", 0},
      {"HTTP/1.1 OK\r\n", 0},       {"HTTP/1.1 \r\n", 0},
      {"HTTP/22222\r\n", 0},        {"", 0},
  };
  for (const auto& [line, status] : kCases) {
    EXPECT_EQ(StatusOf(line), status) << line;
  }
}

TEST(IncomingReplyTest, RefusesAStatusThatIsNone) {
  IncomingReply reply(1000, 1000);

  EXPECT_FALSE(reply.TakeHeader("HTTP/1.1 2000\r\n"));
  EXPECT_EQ(reply.WhatIsWrong(), Fault::kNotHttp);
}

TEST(IncomingReplyTest, KnowsTheVersionOfTheLastReply) {
  IncomingReply reply(1000, 1000);

  EXPECT_FALSE(reply.HasBegun());
  EXPECT_TRUE(reply.TakeHeader("HTTP/2 103\r\n"));
  EXPECT_TRUE(reply.HasBegun());
  EXPECT_TRUE(reply.IsHttp2());
  EXPECT_TRUE(reply.TakeHeader("\r\n"));
  EXPECT_TRUE(reply.TakeHeader("HTTP/1.1 200\r\n"));
  EXPECT_FALSE(reply.IsHttp2());
}

TEST(IncomingReplyTest, CountsTheHeadersOfInterimRepliesToo) {
  IncomingReply reply(60, 1000);

  EXPECT_TRUE(reply.TakeHeader("HTTP/1.1 103\r\n"));
  EXPECT_TRUE(reply.TakeHeader("\r\n"));
  EXPECT_TRUE(reply.TakeHeader("HTTP/1.1 200\r\n"));
  EXPECT_FALSE(reply.TakeHeader("X: " + std::string(30, 'x') + "\r\n"));
  EXPECT_EQ(reply.WhatIsWrong(), Fault::kHeaderTooLarge);
}

}  // namespace
}  // namespace exporter
