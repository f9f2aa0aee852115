#include "auth/environment.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace exporter {
namespace {

Result<SigningKey> KeyIn(const std::map<std::string, std::string>& variables) {
  return KeyFromEnvironment([&](const char* name) {
    const auto variable = variables.find(name);
    return variable == variables.end() ? nullptr : variable->second.c_str();
  })();
}

TEST(KeyFromEnvironmentTest, ReadsAKeyWithAndWithoutASecurityToken) {
  const auto plain = KeyIn({{"HUAWEICLOUD_SDK_AK", "AK"},
                            {"HUAWEICLOUD_SDK_SK", "SK"},
                            {"HUAWEICLOUD_SDK_SECURITY_TOKEN", ""}});
  const auto temporary = KeyIn({{"HUAWEICLOUD_SDK_AK", "AK"},
                                {"HUAWEICLOUD_SDK_SK", "SK"},
                                {"HUAWEICLOUD_SDK_SECURITY_TOKEN", "ST"}});

  ASSERT_TRUE(plain);
  EXPECT_EQ(*plain, (SigningKey{Secret("AK"), Secret("SK"), Secret()}));
  ASSERT_TRUE(temporary);
  EXPECT_EQ(*temporary, (SigningKey{Secret("AK"), Secret("SK"), Secret("ST")}));
}

TEST(KeyFromEnvironmentTest, LeavesOutWhatStandsAroundAValue) {
  const auto key = KeyIn({{"HUAWEICLOUD_SDK_AK",
                           "\xEF\xBB\xBF"
                           "AK\n"},
                          {"HUAWEICLOUD_SDK_SK", " SK "}});

  ASSERT_TRUE(key) << key.error().message;
  EXPECT_EQ(*key, (SigningKey{Secret("AK"), Secret("SK"), Secret()}));
}

TEST(KeyFromEnvironmentTest, NamesTheVariableAtFault) {
  EXPECT_EQ(KeyIn({}).error().message, "HUAWEICLOUD_SDK_AK is not set");
  EXPECT_EQ(KeyIn({{"HUAWEICLOUD_SDK_AK", "AK"}}).error().message,
            "HUAWEICLOUD_SDK_SK is not set");
  const auto injected = KeyIn(
      {{"HUAWEICLOUD_SDK_AK", "AK\r\nX: 1"}, {"HUAWEICLOUD_SDK_SK", "SK"}});
  EXPECT_EQ(injected.error().message,
            "HUAWEICLOUD_SDK_AK holds a control character");
  EXPECT_EQ(injected.error().kind, ErrorKind::kCredentials);
}

}  // namespace
}  // namespace exporter
