#include "config/endpoint.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

TEST(NormalizeEndpointTest, LowersSchemeAndHostAndDropsSlashesAtTheEnd) {
  const struct {
    const char* text;
    const char* normal;
  } kCases[] = {
      {"https://example.com", "https://example.com"},
      {"HTTPS://Example.COM/", "https://example.com"},
      {"http://localhost:8080", "http://localhost:8080"},
      {"http://127.0.0.1:1/", "http://127.0.0.1:1"},
      {"https://[2001:DB8::1]:443", "https://[2001:db8::1]:443"},
      {"https://[::1]/Base/", "https://[::1]/Base"},
      {"https://example.com/a/b//", "https://example.com/a/b"},
      {"https://example.com/a%20b~c", "https://example.com/a%20b~c"},
      {"https://my_stack.internal:65535", "https://my_stack.internal:65535"},
      {"https://Example.com./", "https://example.com."},
      {"https://example.com.:8443/a%25", "https://example.com.:8443/a%25"},
  };
  for (const auto& [text, normal] : kCases) {
    const Result<std::string> endpoint = NormalizeEndpoint(text);
    ASSERT_TRUE(endpoint) << text << ": " << endpoint.error().message;
    EXPECT_EQ(*endpoint, normal);
  }
}

TEST(NormalizeEndpointTest, RefusesWhatIsNoEndpoint) {
  for (const char* text : {"",
                           "example.com",
                           "//example.com",
                           "ftp://example.com",
                           "https:/a",
                           "https://",
                           "https:///path",
                           "https://:443",
                           "https://a:",
                           "https://a:0",
                           "https://a:65536",
                           "https://a:0443",
                           "https://a:+1",
                           "https://a:1:2",
                           "https://a:b",
                           "https://a b",
                           "https://a\n",
                           "https://.",
                           "https://a..",
                           "https://a..:443",
                           "https://a/%",
                           "https://a/%2",
                           "https://a/%2g",
                           "https://a/%-1",
                           "https://a/100%/b",
                           "https://.a",
                           "https://a..b",
                           "https://u@a",
                           "https://u:p@a",
                           "https://a?q",
                           "https://a#f",
                           "https://a/?q",
                           "https://a/b c",
                           "https://a/\xC3\xA9",
                           "https://\xC3\xA9",
                           "https://[::1",
                           "https://[]",
                           "https://[::1]x",
                           "https://[::1]:",
                           "https://[::g]",
                           "https://a\\b",
                           "https://%41"}) {
    EXPECT_FALSE(NormalizeEndpoint(text)) << text;
  }
}

TEST(WhyNotProxyTest, TakesProxiesWithAndWithoutUsers) {
  for (const char* text :
       {"http://proxy", "http://proxy:3128", "http://proxy:3128/",
        "https://user:pass@proxy:3128", "socks5://127.0.0.1:1080",
        "socks5h://user@[::1]:1080", "http://proxy.example.com.:3128",
        "http://user:p@ss:word@proxy:3128", "http://us%20er:p%c3%A9%25@proxy",
        "http://user:\xC3\xA9@proxy"}) {
    EXPECT_EQ(WhyNotProxy(text), "") << text;
  }
}

TEST(WhyNotProxyTest, RefusesWhatIsNoProxy) {
  for (const char* text :
       {"", "proxy:3128", "ftp://proxy", "http://", "http://proxy/path",
        "http://proxy:0", "http://proxy:03128", "http://user:pass@",
        "http://a b", "http://us er@proxy", "http://u:hunter 2@proxy",
        "http://u:100%@proxy", "http://u:%2@proxy", "http://u:%-1@proxy",
        "http://u:%2g@proxy", "http://u:%0a@proxy", "http://u:%7F@proxy",
        "http://u:%00@proxy", "http://u:\t@proxy"}) {
    EXPECT_NE(WhyNotProxy(text), "") << text;
  }
}

TEST(WithoutPasswordTest, HidesThePasswordAlone) {
  EXPECT_EQ(WithoutPassword("http://user:pass@proxy:3128"),
            "http://user:<secret>@proxy:3128");
  EXPECT_EQ(WithoutPassword("http://user:p@ss:w@proxy"),
            "http://user:<secret>@proxy");
  EXPECT_EQ(WithoutPassword("http://user@proxy:3128"),
            "http://user@proxy:3128");
  EXPECT_EQ(WithoutPassword("http://proxy:3128"), "http://proxy:3128");
}

TEST(IsHostNameTest, KnowsHostNames) {
  for (const char* text : {"a", "a.b", "cn-north-4", "10.0.0.1", "my_host"}) {
    EXPECT_TRUE(IsHostName(text)) << text;
  }
  for (const char* text : {"", ".", "a.", ".a", "a..b", "a b", "a/b", "a:1"}) {
    EXPECT_FALSE(IsHostName(text)) << text;
  }
  EXPECT_FALSE(IsHostName(std::string(254, 'a')));
}

}  // namespace
}  // namespace exporter
