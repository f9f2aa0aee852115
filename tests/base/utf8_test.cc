#include "base/utf8.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

TEST(IsUtf8Test, TakesEveryLengthAtItsLimits) {
  for (const char* text :
       {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
        "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
        "数据集", "a\xF0\x9F\x98\x80z"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
    EXPECT_EQ(ToUtf8(text), text);
  }
}

TEST(IsUtf8Test, RefusesWhatIsNotWellFormed) {
  for (const char* text : {
           "\x80",              // a tail alone
           "\xBF",              //
           "\xC0\x80",          // overlong
           "\xC1\xBF",          //
           "\xE0\x9F\xBF",      //
           "\xF0\x8F\xBF\xBF",  //
           "\xED\xA0\x80",      // surrogates
           "\xED\xBF\xBF",      //
           "\xF4\x90\x80\x80",  // above U+10FFFF
           "\xF5\x80\x80\x80",  //
           "\xFE",
           "\xFF",
           "\xC2",  // cut
           "\xE6\x95",
           "\xF0\x9F\x98",
           "\xC2g",
           "\xE6\x95g",
       }) {
    EXPECT_FALSE(IsUtf8(text)) << text;
    EXPECT_FALSE(IsUtf8(std::string("a") + text + "b")) << text;
    EXPECT_TRUE(IsUtf8(ToUtf8(text))) << text;
  }
}

TEST(ToUtf8Test, KeepsWhatIsWellFormedAroundABadByte) {
  EXPECT_EQ(ToUtf8("a\xFF数\xE6\x95z"),
            "a\xEF\xBF\xBD数\xEF\xBF\xBD\xEF\xBF\xBDz");
}

}  // namespace
}  // namespace exporter
