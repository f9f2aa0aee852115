#include "net/proxy.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

TEST(IsExemptFromProxyTest, TakesNamesAddressesAndNetworks) {
  const struct {
    const char* no_proxy;
    const char* host;
    bool is_exempt;
  } kCases[] = {
      {"", "example.com", false},
      {"*", "example.com", true},
      {"other.test, *", "example.com", true},
      {"example.com", "example.com", true},
      {"EXAMPLE.com", "example.COM", true},
      {"other.test,example.com", "example.com", true},
      {"other.test\t example.com", "example.com", true},
      {"example.com", "a.example.com", true},
      {".example.com", "a.example.com", true},
      {".example.com", "example.com", true},
      {"example.com", "badexample.com", false},
      {"a.example.com", "example.com", false},
      {".", "example.com", false},
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.10", false},
      {"2.1", "192.0.2.1", false},
      {"192.0.2.0/24", "192.0.2.77", true},
      {"192.0.2.0/24", "192.0.3.1", false},
      {"192.0.2.128/25", "192.0.2.127", false},
      {"0.0.0.0/0", "192.0.2.1", true},
      {"192.0.2.0/33", "192.0.2.1", false},
      {"192.0.2.0/", "192.0.2.1", false},
      {"192.0.2.0/2x", "192.0.2.1", false},
      {"192.0.2.0/24", "example.com", false},
      {"2001:db8::/32", "[2001:db8::1]", true},
      {"[2001:db8::1]", "[2001:db8:0::1]", true},
      {"2001:db8::/32", "[2001:db9::1]", false},
      {"::/0", "192.0.2.1", false},
  };
  for (const auto& [no_proxy, host, is_exempt] : kCases) {
    EXPECT_EQ(IsExemptFromProxy(host, no_proxy), is_exempt)
        << host << " by " << no_proxy;
  }
}

TEST(ProxyForTest, FollowsTheEnvironmentOnlyWhereItIsTold) {
  const ProxyEnvironment environment{.https_proxy = "http://secure:1",
                                     .http_proxy = "http://plain:1",
                                     .no_proxy = "exempt.test"};
  const auto proxy_for = [&](const char* url, const Transport& transport) {
    return ProxyFor(*SplitUrl(url), transport, environment);
  };
  const Transport by_environment{.proxy_from_environment = true};
  const Transport by_url{.proxy_url = Secret("http://u:p@own:1")};

  EXPECT_EQ(proxy_for("https://h/", by_environment), "http://secure:1");
  EXPECT_EQ(proxy_for("http://h/", by_environment), "http://plain:1");
  EXPECT_EQ(proxy_for("https://exempt.test/", by_environment), "");
  EXPECT_EQ(proxy_for("https://h/", {}), "");
  EXPECT_EQ(proxy_for("https://exempt.test/", by_url), "http://u:p@own:1");
}

TEST(ProxyForMessagesTest, LeavesOutWhatMayBeSecret) {
  EXPECT_EQ(ProxyForMessages("http://u:p@ss@proxy:3128/"), "proxy:3128");
  EXPECT_EQ(ProxyForMessages("socks5h://[::1]:1080"), "[::1]:1080");
  EXPECT_EQ(ProxyForMessages("proxy:3128"), "proxy:3128");
  EXPECT_EQ(ProxyForMessages(""), "");
}

// Go's and curl's documented ones, but for libcurl's 1080 of http.
TEST(ProxyForMessagesTest, NamesThePortThatIsAskedWhereNoneIsGiven) {
  EXPECT_EQ(ProxyForMessages("http://u:p@proxy"), "proxy:80");
  EXPECT_EQ(ProxyForMessages("proxy"), "proxy:80");
  EXPECT_EQ(ProxyForMessages("HTTPS://proxy/"), "proxy:443");
  EXPECT_EQ(ProxyForMessages("socks5://[::1]"), "[::1]:1080");
  EXPECT_EQ(ProxyForMessages("socks5h://proxy"), "proxy:1080");
}

}  // namespace
}  // namespace exporter
