#include "net/url.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

std::string Encoded(std::string_view text) {
  std::string out;
  AppendPercentEncoded(out, text);
  return out;
}

TEST(AppendPercentEncodedTest, LeavesTheUnreservedAlone) {
  constexpr char kUnreserved[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  EXPECT_EQ(Encoded(kUnreserved), kUnreserved);
}

TEST(AppendPercentEncodedTest, WritesTheRestInUpperCaseHex) {
  EXPECT_EQ(Encoded("a b/c%d?e&f=g+h"), "a%20b%2Fc%25d%3Fe%26f%3Dg%2Bh");
  EXPECT_EQ(Encoded("\xE6\xA0\x87\xFF"), "%E6%A0%87%FF");
  EXPECT_EQ(Encoded(std::string_view("\r\n\0", 3)), "%0D%0A%00");
}

TEST(AppendPercentEncodedTest, KeepsWhatStandsBefore) {
  std::string out = "/v2/";
  AppendPercentEncoded(out, "a b");
  AppendPercentEncoded(out, "c");
  EXPECT_EQ(out, "/v2/a%20bc");
}

TEST(PercentDecodeTest, ReadsBackEveryByte) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);

  EXPECT_EQ(PercentDecode(Encoded(all)), all);
}

TEST(PercentDecodeTest, LeavesAloneWhatIsNoEscape) {
  for (const char* text : {"%", "%2", "%zz", "%2x", "a+b", "100%"}) {
    EXPECT_EQ(PercentDecode(text), text);
  }
  EXPECT_EQ(PercentDecode("%2f%2F"), "//");
}

TEST(SplitUrlTest, TakesAWholeUrlApart) {
  const auto url =
      SplitUrl("HTTPS://user:p%40ss@example.com:8443/v2/p?a=1&b=/?");

  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->userinfo, "user:p%40ss");
  EXPECT_EQ(url->host, "example.com");
  EXPECT_EQ(url->port, "8443");
  EXPECT_EQ(url->path, "/v2/p");
  EXPECT_EQ(url->query, "a=1&b=/?");
}

TEST(SplitUrlTest, FillsInWhatIsLeftOut) {
  const auto url = SplitUrl("http://h?q");

  ASSERT_TRUE(url);
  EXPECT_EQ(url->userinfo, "");
  EXPECT_EQ(url->host, "h");
  EXPECT_EQ(url->port, "");
  EXPECT_EQ(url->path, "/");
  EXPECT_EQ(url->query, "q");
}

TEST(SplitUrlTest, KeepsTheBracketsOfIpv6) {
  const auto bare = SplitUrl("http://[::1]/");
  const auto with_port = SplitUrl("http://[2001:db8::1]:80/");

  ASSERT_TRUE(bare && with_port);
  EXPECT_EQ(bare->host, "[::1]");
  EXPECT_EQ(bare->port, "");
  EXPECT_EQ(with_port->host, "[2001:db8::1]");
  EXPECT_EQ(with_port->port, "80");
}

TEST(SplitUrlTest, RefusesWhatIsNoHttpUrl) {
  for (const char* url : {"",
                          "example.com",
                          "ftp://h/",
                          "http:/h",
                          "http://",
                          "http:///p",
                          "https://:443/",
                          "http://h:/",
                          "http://h:0/",
                          "http://h:0443/",
                          "http://h:65536/",
                          "http://h:8x/",
                          "http://h:-1/",
                          "http://u@/",
                          "http://[::1/",
                          "http://[]/",
                          "http://[::1]x:80/",
                          "http://h]/",
                          "http://h/a b",
                          "http://h/a\r\nb",
                          "http://h/\x7F",
                          "http://h/#top"}) {
    EXPECT_FALSE(SplitUrl(url)) << url;
  }
}

TEST(IsUrlTargetTest, TakesWhatSplitUrlTakesBehindAHost) {
  for (const char* good : {"/", "/v2/p?limit=1&offset=2", "//a/../b%20"}) {
    SCOPED_TRACE(good);
    EXPECT_TRUE(IsUrlTarget(good));
    EXPECT_TRUE(SplitUrl("https://example.com" + std::string(good)));
  }
  for (const char* bad : {"/a b", "/a#b", "/a\nb", "/\x7F"}) {
    SCOPED_TRACE(bad);
    EXPECT_FALSE(IsUrlTarget(bad));
    EXPECT_FALSE(SplitUrl("https://example.com" + std::string(bad)));
  }
  // These would make another host or port of it.
  for (const char* other : {"", "?a", ".evil.example/", ":1/", "@evil/"}) {
    SCOPED_TRACE(other);
    EXPECT_FALSE(IsUrlTarget(other));
  }
}

TEST(HostHeaderTest, NamesThePortUnlessItIsTheSchemesOwn) {
  const struct {
    const char* url;
    const char* header;
  } kCases[] = {
      {"http://h/", "h"},
      {"http://h:80/", "h"},
      {"http://h:443/", "h:443"},
      {"https://h:443/", "h"},
      {"https://h:8443/", "h:8443"},
      {"https://[::1]:8443/", "[::1]:8443"},
  };
  for (const auto& [url, header] : kCases) {
    EXPECT_EQ(HostHeader(*SplitUrl(url)), header) << url;
  }
}

TEST(UrlForMessagesTest, LeavesOutWhatMayBeSecret) {
  EXPECT_EQ(UrlForMessages("http://user:pass@proxy:3128/x?token=secret"),
            "http://proxy:3128/x");
  EXPECT_EQ(UrlForMessages("user:pass@proxy:3128"), "(not a URL)");
}

}  // namespace
}  // namespace exporter
