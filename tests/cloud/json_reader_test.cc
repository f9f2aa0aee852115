#include "cloud/json_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace exporter {
namespace {

using testing::ElementsAre;
using testing::Optional;

TEST(TextsInTest, GivesTheTextsInTheOrderOfTheNames) {
  EXPECT_THAT(
      TextsIn(R"({"x":"0","a":{"c":"3","b":"2","d":{"b":"9"}},"b":"8"})", "a",
              {"b", "c"}),
      Optional(ElementsAre("2", "3")));
}

TEST(TextsInTest, LeavesEmptyWhatIsMissingOrNoText) {
  EXPECT_THAT(TextsIn(R"({"a":{"b":7,"c":null,"d":["x"],"e":{"f":"g"}}})", "a",
                      {"b", "c", "d", "e", "f"}),
              Optional(ElementsAre("", "", "", "", "")));
}

TEST(TextsInTest, GivesNothingForAnythingElse) {
  const std::string brackets(1 << 17, '[');
  for (const std::string& body :
       {std::string(), std::string("null"), std::string("[]"), std::string("{"),
        std::string("\"a"), std::string(R"({"a":{}}x)"),
        std::string(R"({"a":{},"b":)") + "\xFF}", std::string("}}{{"),
        std::string(R"([{"a":1},{"b":"x"}])"), std::string(R"({"a":7})"),
        std::string(R"({"b":{"a":{}}})"), brackets, R"({"a":)" + brackets}) {
    EXPECT_FALSE(TextsIn(body, "a", {"b"})) << body.substr(0, 20);
  }
}

TEST(TextsInTest, ReadsWhatIsBesideATextInAnotherEncoding) {
  EXPECT_THAT(
      TextsIn(
          "{\"a\":{\"user\":\"\xD5\xC5\\ud83d\",\"ttl\":1e999,\"b\":\"x\"}}",
          "a", {"b"}),
      Optional(ElementsAre("x")));
}

TEST(TextsInTest, ReadsPastMuchElse) {
  std::string body = R"({"a":{"catalog":[)";
  for (int i = 0; i < 20'000; ++i) body += R"({"name":"service"},)";
  body += R"({}],"b":"found"}})";

  EXPECT_THAT(TextsIn(body, "a", {"b"}), Optional(ElementsAre("found")));
}

TEST(TextsInTest, StopsAtMoreThan32Levels) {
  const auto nested = [](int levels) {
    const auto count = static_cast<std::size_t>(levels - 2);
    return R"({"a":{"b":)" + std::string(count, '[') + std::string(count, ']') +
           "}}";
  };

  EXPECT_TRUE(TextsIn(nested(32), "a", {"b"}));
  EXPECT_FALSE(TextsIn(nested(33), "a", {"b"}));
}

}  // namespace
}  // namespace exporter
