#include "cloud/mended_json.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

TEST(MendedJsonTest, LeavesWhatIsJsonAsItIs) {
  for (const char* json :
       {"", "{}", R"({"a":["\u0041\ud83d\ude00\n\\\"",-1.5e+3,true,null]})",
        R"({"a":0.0,"b":12345678901234567890,"c":1e-400})",
        "{\"\xC3\xA4\":\"\xF0\x9F\x98\x80 \x7F\"}", R"("\\")", R"("\\u12")"}) {
    EXPECT_EQ(MendedJson(json), json);
  }
}

TEST(MendedJsonTest, ReplacesWhatIsNoTextInATextAlone) {
  const struct {
    const char* json;
    const char* mended;
  } kCases[] = {
      {"\"\xE9\"", "\"\uFFFD\""},
      {"\xE9", "\xE9"},
      {"[\"a\",\xE9]", "[\"a\",\xE9]"},
      {R"("\ud83d")", "\"\uFFFD\""},
      {R"("\ude00\ud83d")", "\"\uFFFD\uFFFD\""},
      {R"("\ud83dA")",
       "\"\uFFFD"
       "A\""},
      {R"("\uXYZW")", "\"\uFFFDuXYZW\""},
      {R"("\u+123")", "\"\uFFFDu+123\""},
      {R"("\x41")", "\"\uFFFDx41\""},
      {R"("\)", "\"\uFFFD"},
      {R"(\ud83d)", R"(\ud83d)"},
      {"\"a\nb\"\n", "\"a b\"\n"},
      // A "\" that is half of a character, and one that escapes a quote.
      {"{\"a\":\"\xD5\\\"}", "{\"a\":\"\uFFFD\"}"},
      {"{\"a\":\"\xD5\\\" ,\"b\":1}", "{\"a\":\"\uFFFD\" ,\"b\":1}"},
      {"{\"a\":\"\xE9\\\"t\\\"\"}", "{\"a\":\"\uFFFD\\\"t\\\"\"}"},
  };
  for (const auto& [json, mended] : kCases) EXPECT_EQ(MendedJson(json), mended);
}

TEST(MendedJsonTest, KeepsANumberBeyondAnyDoubleBeyond64Bits) {
  EXPECT_EQ(MendedJson("[1e999,-1e999,1e308,7]"), "[1e300,1e300,1e308,7]");
  EXPECT_EQ(MendedJson("[\"1e999\",1e999x,--1]"), "[\"1e999\",1e300x,--1]");
  EXPECT_EQ(MendedJson(std::string(400, '9')), "1e300");
}

TEST(MendedJsonTest, TakesNumbersInWords) {
  EXPECT_EQ(MendedJson(R"({"a":NaN,"b":[Infinity,-Infinity]})"),
            R"({"a":1e300,"b":[1e300,1e300]})");
  EXPECT_EQ(MendedJson(R"(["NaN -Infinity",nan,-NaN,Inf])"),
            R"(["NaN -Infinity",nan,1e300,Inf])");
  // Parts of longer words are none.
  for (const char* glued : {"[Infinity2]", "[2NaN]", "[NaNNaN]", "[NaN.5]"}) {
    EXPECT_EQ(MendedJson(glued), glued);
  }
}

TEST(MendedJsonTest, KnowsWhatItMayHaveMended) {
  EXPECT_TRUE(MayBeMended("caf\uFFFD"));
  EXPECT_FALSE(MayBeMended("caf\u00E9"));
}

}  // namespace
}  // namespace exporter
