#include "auth/reply_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace exporter {
namespace {

TEST(ParseReplyTest, GivesTheObject) {
  const auto reply = ParseReply(R"({"a":{"b":["]]","\"[[",1]}})");

  EXPECT_EQ(reply["a"]["b"][1], "\"[[");
}

TEST(ParseReplyTest, GivesAnEmptyObjectForAnythingElse) {
  const std::string brackets(1 << 17, '[');
  const std::string too_large = R"({"a":")" + std::string(1 << 18, 'x') + "\"}";
  for (const std::string& body :
       {std::string(), std::string("null"), std::string("[]"), std::string("{"),
        std::string("\"a"), std::string("{\"a\":1}x"),
        std::string("{\"a\":\"\xFF\"}"), std::string("}}{{"), brackets,
        too_large, R"({"a":)" + brackets}) {
    EXPECT_EQ(ParseReply(body), nlohmann::json::object()) << body.substr(0, 20);
  }
}

TEST(ParseReplyTest, StopsAtMoreThan32Levels) {
  const auto nested = [](int levels) {
    const auto count = static_cast<std::size_t>(levels - 1);
    return "{\"a\":" + std::string(count, '[') + std::string(count, ']') + '}';
  };

  EXPECT_FALSE(ParseReply(nested(32)).empty());
  EXPECT_TRUE(ParseReply(nested(33)).empty());
}

}  // namespace
}  // namespace exporter
