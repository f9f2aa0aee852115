#include "cloud/text.h"

#include <gtest/gtest.h>

#include <vector>

namespace exporter {
namespace {

TEST(CutTest, CutsBetweenTwoCharacters) {
  EXPECT_EQ(Cut("abc", 3), "abc");
  EXPECT_EQ(Cut("abcd", 3), "abc");
  EXPECT_EQ(Cut("a\u00e4b", 2), "a");
  EXPECT_EQ(Cut("\u6807", 1), "");
}

TEST(ToCodeTest, LeavesShortPrintableAscii) {
  EXPECT_EQ(ToCode("ModelArts.4352"), "ModelArts.4352");
  EXPECT_EQ(ToCode("a\r\n\u00e4"), "a????");
  EXPECT_EQ(ToCode(std::string(1000, 'x')).size(), kMaxCodeBytes);
}

TEST(OnOneLineTest, LeavesNoControlCharacter) {
  EXPECT_EQ(OnOneLine(std::string_view("a\r\nb\0c\x7F", 7)), "a  b c ");
}

TEST(BlottedTest, HidesEverySecretWhereverItStands) {
  const std::vector<Secret> hidden = {Secret("hush"), Secret("quiet")};

  EXPECT_EQ(Blotted("hush, quiethush", hidden), "<secret>, <secret><secret>");
  EXPECT_EQ(Blotted("nothing", hidden), "nothing");
  EXPECT_EQ(Blotted("a secret", std::vector{Secret("secret")}), "a <secret>");
}

TEST(BlottedTest, TakesWhatIsTooShortForNoSecret) {
  EXPECT_EQ(Blotted("the end", std::vector{Secret("the"), Secret("")}),
            "the end");
}

}  // namespace
}  // namespace exporter
