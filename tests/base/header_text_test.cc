#include "base/header_text.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

TEST(EqualsIgnoringCaseTest, KnowsTheLettersOfAsciiAlone) {
  EXPECT_TRUE(EqualsIgnoringCase("", ""));
  EXPECT_TRUE(EqualsIgnoringCase("Accept-Encoding", "aCCEPT-eNCODING"));
  EXPECT_FALSE(EqualsIgnoringCase("gzip", "gzi"));
  EXPECT_FALSE(EqualsIgnoringCase("@", "`"));
  EXPECT_FALSE(EqualsIgnoringCase("\xC4", "\xE4"));
}

TEST(TrimTest, TakesLineEndsOffBothEndsToo) {
  EXPECT_EQ(Trim("\r\n \ta\nb\t \r\n"), "a\nb");
  EXPECT_EQ(Trim(" \r\n"), "");
  EXPECT_EQ(Trim(""), "");
}

TEST(TrimBlanksTest, TakesSpacesAndTabsOffBothEnds) {
  EXPECT_EQ(TrimBlanks(" \ta b\t "), "a b");
  EXPECT_EQ(TrimBlanks(" \t"), "");
  EXPECT_EQ(TrimBlanks("\na"), "\na");
}

TEST(TakeUntilTest, TakesPartAfterPart) {
  std::string_view text = " a ;; b";
  EXPECT_EQ(TakeUntil(text, ';'), "a");
  EXPECT_EQ(TakeUntil(text, ';'), "");
  EXPECT_EQ(TakeUntil(text, ';'), "b");
  EXPECT_EQ(text, "");
  EXPECT_EQ(TakeUntil(text, ';'), "");
}

TEST(ParseQualityTest, CountsInThousandths) {
  const struct {
    const char* text;
    std::optional<int> quality;
  } kCases[] = {
      {"0", 0},
      {"1", 1000},
      {"0.5", 500},
      {"0.75", 750},
      {"0.001", 1},
      {"1.", 1000},
      {".5", 500},
      {"1.0000", 1000},
      {"0.9999", 999},
      {"0.0001", 0},
      {"", std::nullopt},
      {".", std::nullopt},
      {"2", std::nullopt},
      {"1.001", std::nullopt},
      {"10", std::nullopt},
      {"-1", std::nullopt},
      {"1e0", std::nullopt},
      {"0.x", std::nullopt},
      {"0,5", std::nullopt},
      {"\"1\"", std::nullopt},
  };
  for (const auto& [text, quality] : kCases) {
    EXPECT_EQ(ParseQuality(text), quality) << text;
  }
}

}  // namespace
}  // namespace exporter
