#include "config/web_paths.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

TEST(ExternalAddressTest, TakesThePathOfTheUrlForThePrefix) {
  const struct {
    const char* url;
    const char* route_prefix;
    const char* normal_url;
    const char* prefix;
  } kCases[] = {
      {"", "", "", ""},
      {"https://example.org", "", "https://example.org", ""},
      {"https://example.org/", "", "https://example.org", ""},
      {"https://Example.org:8443/a/b/", "", "https://example.org:8443/a/b",
       "/a/b"},
      {"http://[::1]:80/a", "", "http://[::1]:80/a", "/a"},
      {"https://example.org/a", "/", "https://example.org/a", ""},
      {"https://example.org/a", "//", "https://example.org/a", ""},
      {"https://example.org/a", "b", "https://example.org/a", "/b"},
      {"https://example.org", "//b/c//", "https://example.org", "/b/c"},
      {"", "/-/modelarts.v1_~", "", "/-/modelarts.v1_~"},
  };
  for (const auto& one : kCases) {
    SCOPED_TRACE(std::string(one.url) + " " + one.route_prefix);

    const auto address = ParseExternalAddress(one.url, one.route_prefix);

    ASSERT_TRUE(address) << address.error().message;
    EXPECT_EQ(address->url, one.normal_url);
    EXPECT_EQ(address->route_prefix, one.prefix);
  }
}

TEST(ExternalAddressTest, RefusesUrlsThatNobodyCanFollow) {
  for (const char* url :
       {"example.org", "example.org/a", "/a", "ftp://example.org", "https://",
        "https:///a", "https://u:secret@example.org", "https://example.org?a=1",
        "https://example.org/#a", "https://example.org:0",
        "\"https://example.org\"", "https://example.org//evil.example",
        "https://example.org/a//b", "https://example.org/a/../b",
        "https://example.org/.", "https://example.org/a%20b",
        "https://example.org/a b", "https://example.org/\r\nX: y"}) {
    SCOPED_TRACE(url);

    const auto address = ParseExternalAddress(url, "");

    ASSERT_FALSE(address);
    EXPECT_TRUE(address.error().message.starts_with("--web.external-url: "));
    EXPECT_EQ(address.error().message.find("secret"), std::string::npos);
  }
}

TEST(ExternalAddressTest, RefusesPrefixesThatAreNoPath) {
  for (const char* prefix : {"/a/../b", "/.", "..", "/a//b", "/a%2Fb", "/a?b",
                             "/a#b", "/a b", "/a\\b", "/\xC3\xA4", "--x"}) {
    SCOPED_TRACE(prefix);

    const auto address = ParseExternalAddress("", prefix);

    ASSERT_FALSE(address);
    EXPECT_EQ(address.error().message, "--web.route-prefix: '" +
                                           std::string(prefix) +
                                           "' is no path such as /modelarts");
  }
}

}  // namespace
}  // namespace exporter
