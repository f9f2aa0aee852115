#include "auth/profile.h"

#include <gtest/gtest.h>

#include <string>

#include "support/fake_clock.h"
#include "support/temp_folder.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

TEST(ParseProfileTest, ReadsTheKeyOfItsSection) {
  const SigningKey plain{Secret("AK"), Secret("SK="), Secret()};
  const SigningKey temporary{Secret("AK"), Secret("SK="), Secret("ST")};
  const struct {
    const char* text;
    const SigningKey& key;
  } kCases[] = {
      {"[basic]\nak=AK\nsk=SK=\n", plain},
      {"[basic]\nak = AK\nsk = SK=\nsecurity_token = ST", temporary},
      {"[basic]\nak=AK\nsk=SK=\nsecurity_token=\n", plain},
      {"\xEF\xBB\xBF[basic]\r\nak=AK\r\nsk=SK=\r\n", plain},
      {"# c\n; c\n\n  [ basic ]\n\tak\t=\tAK\n sk=SK=\nnonsense\n", plain},
      {"[other]\nak=no\nsk=no\n[basic]\nak=AK\nsk=SK=\n[more]\nak=no\n", plain},
      {"ak=no\n[basic]\nak=old\nak=AK\n#ak=no\nsk=SK=\n", plain},
  };
  for (const auto& [text, key] : kCases) {
    const auto parsed = ParseProfile(text, "basic");
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, key) << text;
  }
}

TEST(ParseProfileTest, NamesWhatIsMissing) {
  const struct {
    std::string text;
    const char* message;
  } kCases[] = {
      {"", "section [basic] is missing"},
      {"[global]\nak=a\nsk=s\n", "section [basic] is missing"},
      {"[basic]\nsk=hush\n", "section [basic] has no usable ak"},
      {"[basic]\nak=\nsk=hush\n", "section [basic] has no usable ak"},
      {"[basic]\nak=a\n", "section [basic] has no usable sk"},
      {"[basic]\nak=a\nsk=hush\rhush\n", "section [basic] has no usable sk"},
      {"[basic]\nak=a\nsk=s\nsecurity_token=\0x\n"s,
       "section [basic] has no usable security_token"},
  };
  for (const auto& [text, message] : kCases) {
    const auto parsed = ParseProfile(text, "basic");
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kCredentials);
    EXPECT_EQ(parsed.error().message, message);
  }
}

TEST(KeyFromProfileTest, FollowsItsFile) {
  FakeClock clock;
  const TempFolder folder;
  const std::string path = folder.Write("credentials", "[a]\nak=1\nsk=2\n");
  AccessKey credentials(KeyFromProfile(path, "a"));
  const std::uint64_t generation = credentials.Generation();

  folder.Write("credentials", "[a]\nak=3\nsk=2\n");
  clock.Advance(1s);
  credentials.Refresh(clock.WallNow());

  EXPECT_GT(credentials.Generation(), generation);
}

TEST(KeyFromProfileTest, NamesTheFileAtFault) {
  const TempFolder folder;

  EXPECT_NE(KeyFromProfile(folder.path() + "/none", "a")().error().message.find(
                (folder.path() + "/none") + " cannot be read"),
            std::string::npos);
  const std::string path = folder.Write("credentials", "");
  EXPECT_EQ(KeyFromProfile(path, "a")().error().message,
            "credentials file " + path + ": section [a] is missing");
  EXPECT_NE(KeyFromProfile("", "a")().error().message.find("no file is named"),
            std::string::npos);
}

TEST(FindProfileTest, KnowsWhereTheFileIs) {
  const char* home = "/home/me";
  const char* named = nullptr;
  const Environment environment = [&](const char* name) {
    return std::string(name) == "HOME" ? home : named;
  };

  EXPECT_EQ(FindProfile("/etc/key", environment), "/etc/key");
  EXPECT_EQ(FindProfile("~/key", environment), "/home/me/key");
  EXPECT_EQ(FindProfile("", environment), "/home/me/.huaweicloud/credentials");
  named = "/run/key";
  EXPECT_EQ(FindProfile("", environment), "/run/key");
  named = nullptr;
  home = nullptr;
  EXPECT_EQ(FindProfile("", environment), "");
}

}  // namespace
}  // namespace exporter
