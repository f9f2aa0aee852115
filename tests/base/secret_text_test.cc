#include "base/secret_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace exporter {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kMarked[] = "\xEF\xBB\xBFs3cret\r\n";

TEST(SecretInTest, LeavesOutWhatEditorsAdd) {
  const struct {
    std::string_view text;
    std::string_view key;
    std::string_view password;
  } kCases[] = {
      {"", "", ""},
      {"s3cret", "s3cret", "s3cret"},
      {"s3cret\n", "s3cret", "s3cret"},
      {"s3cret\r\n\r\n", "s3cret", "s3cret"},
      {kMarked, "s3cret", "s3cret"},
      {"\xEF\xBB\xBF", "", ""},
      {"\xEF\xBB", "\xEF\xBB", "\xEF\xBB"},
      {" \ts3cret \t\r\n", "s3cret", " \ts3cret \t"},
      {"\n\rs3cret", "s3cret", "\n\rs3cret"},
      {"\xEF\xBB\xBF s3cret \n", "s3cret", " s3cret "},
      {"s3 cret", "s3 cret", "s3 cret"},
      {"s3cret\xEF\xBB\xBF", "s3cret\xEF\xBB\xBF", "s3cret\xEF\xBB\xBF"},
  };
  for (const auto& [text, key, password] : kCases) {
    SCOPED_TRACE(text);
    EXPECT_EQ(SecretIn(text, SecretForm::kKey), key);
    EXPECT_EQ(SecretIn(text, SecretForm::kPassword), password);
  }
}

TEST(OddityOfTest, FindsNothingInAPlainSecret) {
  for (const std::string_view text : {"s3cret", "s3cret\n", "s3cret\r\n"}) {
    EXPECT_THAT(OddityOf(text, SecretForm::kKey), IsEmpty());
    EXPECT_THAT(OddityOf(text, SecretForm::kPassword), IsEmpty());
  }
  EXPECT_THAT(OddityOf("pass phrase, 密码", SecretForm::kPassword), IsEmpty());
}

TEST(OddityOfTest, NamesWhatAPersonMayNotSee) {
  for (const SecretForm form : {SecretForm::kKey, SecretForm::kPassword}) {
    EXPECT_THAT(OddityOf(kMarked, form), HasSubstr("byte order mark"));
  }
  for (const std::string_view text :
       {"s3cret ", "s3cret\t\n", " s3cret", "\ns3cret"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(OddityOf(text, SecretForm::kKey), HasSubstr("are left out"));
    EXPECT_THAT(OddityOf(text, SecretForm::kPassword),
                HasSubstr("counts as part of it"));
  }
  for (const std::string_view text : {"AK s3cret", "s3cret\xC2\xA0", "密码"}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(OddityOf(text, SecretForm::kKey), HasSubstr("not ASCII"));
  }
}

}  // namespace
}  // namespace exporter
