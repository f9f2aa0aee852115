#include "net/proxy.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

// Each answer is what golang.org/x/net/http/httpproxy gives.
TEST(IsExemptFromProxyTest, TakesWhatGoTakes) {
  const struct {
    const char* no_proxy;
    const char* url;
    bool is_exempt;
  } kCases[] = {
      {"", "http://example.com/", false},
      {"*", "http://example.com/", true},
      {"other.test, *", "http://example.com/", true},
      {"*", "http://192.0.2.1/", true},
      {"**", "http://example.com/", false},
      {"example.com", "http://example.com/", true},
      {"EXAMPLE.com", "http://example.COM/", true},
      {" other.test ,\texample.com ,", "http://example.com/", true},
      {"other.test example.com", "http://example.com/", false},
      {"example.com", "http://a.example.com/", true},
      {"example.com", "http://badexample.com/", false},
      {"a.example.com", "http://example.com/", false},
      {".example.com", "http://a.example.com/", true},
      {".example.com", "http://example.com/", false},
      {"*.example.com", "http://a.b.example.com/", true},
      {"*.example.com", "http://example.com/", false},
      {"*.example.com", "http://badexample.com/", false},
      {"*example.com", "http://example.com/", false},
      {"a.*.com", "http://a.example.com/", false},
      {".", "http://example.com/", false},
      {"*.", "http://example.com/", false},
      {",,", "http://example.com/", false},
      // A final dot is part of the name, on both sides.
      {".example.com.", "http://a.example.com/", false},
      {".example.com.", "http://a.example.com./", true},
      {"example.com.", "http://example.com./", true},
      {"example.com", "http://example.com./", false},
      // Ports: that of the URL, or of its scheme.
      {"example.com:443", "https://example.com/", true},
      {"example.com:443", "http://example.com/", false},
      {"example.com:80", "http://example.com/", true},
      {"example.com:8443", "https://example.com:8443/", true},
      {"example.com:8443", "https://a.example.com:8443/", true},
      {"example.com:8443", "https://example.com/", false},
      {".example.com:8443", "https://a.example.com:8443/", true},
      {"*.example.com:8443", "https://a.example.com:8443/", true},
      {"*.example.com:8443", "https://a.example.com/", false},
      {"example.com:", "https://example.com:8443/", true},
      {"example.com:https", "https://example.com/", false},
      {"*:443", "https://example.com/", false},
      {":443", "https://example.com/", false},
      // Addresses, which no name holds.
      {"192.0.2.1", "http://192.0.2.1/", true},
      {"192.0.2.1", "http://192.0.2.10/", false},
      {"2.1", "http://192.0.2.1/", false},
      {"192.0.2.1:80", "http://192.0.2.1/", true},
      {"192.0.2.1:81", "http://192.0.2.1/", false},
      {"192.0.2.01", "http://192.0.2.1/", false},
      {"2001:db8::1", "http://[2001:db8:0::1]/", true},
      {"2001:DB8::1", "http://[2001:db8::1]/", true},
      {"[2001:db8::1]", "http://[2001:db8::1]/", false},
      {"[2001:db8::1]:80", "http://[2001:db8::1]/", true},
      {"[2001:db8::1]:81", "http://[2001:db8::1]/", false},
      {"2001:db8::2", "http://[2001:db8::1]/", false},
      {"::ffff:192.0.2.1", "http://192.0.2.1/", true},
      {"192.0.2.1", "http://[::ffff:192.0.2.1]/", true},
      // Networks.
      {"192.0.2.0/24", "http://192.0.2.77/", true},
      {"192.0.2.77/24", "http://192.0.2.1/", true},
      {"192.0.2.0/24", "http://192.0.3.1/", false},
      {"192.0.2.128/25", "http://192.0.2.127/", false},
      {"0.0.0.0/0", "http://192.0.2.1/", true},
      {"192.0.2.1/32", "http://192.0.2.1/", true},
      {"192.0.2.0/33", "http://192.0.2.1/", false},
      {"192.0.2.0/", "http://192.0.2.1/", false},
      {"192.0.2.0/2x", "http://192.0.2.1/", false},
      {"192.0.2.0/24:80", "http://192.0.2.1/", false},
      {"192.0.2.0/24", "http://example.com/", false},
      {"2001:db8::/32", "http://[2001:db8::1]/", true},
      {"2001:db8::/32", "http://[2001:db9::1]/", false},
      {"::/0", "http://192.0.2.1/", false},
      {"::ffff:192.0.2.0/120", "http://192.0.2.1/", true},
      {"::ffff:192.0.2.0/120", "http://192.0.3.1/", false},
      // This machine itself, always; names that only look like it, never.
      {"", "http://localhost/", true},
      {"", "https://localhost:8443/", true},
      {"", "http://127.0.0.1:8080/", true},
      {"", "http://127.9.9.9/", true},
      {"", "http://[::1]/", true},
      {"", "http://[::ffff:127.0.0.1]/", true},
      {"", "http://[::2]/", false},
      {"", "http://localhost.test/", false},
      {"", "http://a.localhost/", false},
      {"", "http://localhost./", false},
  };
  for (const auto& [no_proxy, url, is_exempt] : kCases) {
    EXPECT_EQ(IsExemptFromProxy(*SplitUrl(url), no_proxy), is_exempt)
        << url << " by " << no_proxy;
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
  EXPECT_EQ(proxy_for("http://127.0.0.1/", by_environment), "");
  EXPECT_EQ(proxy_for("http://127.0.0.1/", by_url), "http://u:p@own:1");
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
