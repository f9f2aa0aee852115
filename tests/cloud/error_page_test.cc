#include "cloud/error_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/utf8.h"
#include "cloud/error_reply.h"

namespace exporter {
namespace {

using testing::HasSubstr;
using testing::Not;

using Headers = std::vector<std::pair<std::string, std::string>>;

std::string Described(const std::string& body, const Headers& headers = {}) {
  return DescribePage({.status = 400, .headers = headers, .body = body});
}

// As nginx 1.22, HAProxy 2.6, Apache 2.4, squid 5.7 and Envoy write them.
TEST(DescribePageTest, QuotesTheTitleElseTheHeadingElseTheText) {
  EXPECT_EQ(Described("<html>\r\n<head><title>400 Request Header Or Cookie Too "
                      "Large</title></head>\r\n<body>\r\n<center><h1>400 Bad "
                      "Request</h1></center>\r\n",
                      {{"Server", "nginx/1.22.1"}}),
            "page \"400 Request Header Or Cookie Too Large\", server "
            "\"nginx/1.22.1\"");
  EXPECT_EQ(Described("<html><body><h1>503 Service Unavailable</h1>\nNo server "
                      "is available to handle this request.\n</body></html>\n"),
            "page \"503 Service Unavailable\"");
  EXPECT_EQ(Described("<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n"
                      "<html><head>\n<title>400 Bad Request</title>\n",
                      {{"Server", "Apache"}}),
            "page \"400 Bad Request\", server \"Apache\"");
  EXPECT_EQ(Described("no healthy upstream\nmore",
                      {{"content-type", "text/plain; charset=utf-8"}}),
            "text \"no healthy upstream\"");
  EXPECT_EQ(Described("no healthy upstream"), "");
  EXPECT_EQ(Described("", {{"Server", "nginx"}}), "server \"nginx\"");
  EXPECT_EQ(Described(""), "");
}

TEST(DescribePageTest, CleansWhatItQuotes) {
  const struct {
    const char* body;
    const char* heading;
  } kCases[] = {
      {"<TITLE lang=en>Log&nbsp;in</TITLE>", "Log in"},
      {"<title>a &amp;&lt;b&gt; &quot;&apos;&#39;&#x27;</title>",
       "a &<b> \"'''"},
      {"<title>\r\n  two\t\tlines\r\n </title>", "two lines"},
      {"<title> </title><h1 class='x'>a <b>bold</b> one</h1>", "a bold one"},
      {"<title>&#27;[31m&#0;&#xD800;&#x110000;</title>", "[31m \uFFFD\uFFFD"},
      {"<title>&unknown; & &#; &#x; &#9999999999;</title>",
       "&unknown; & &#; &#x; &#9999999999;"},
      {"<title>&#30331;&#x5F55; \xFF</title>", "\u767B\u5F55 \uFFFD"},
      {"<title>&#x1F512;&#xE9;</title>", "\U0001F512\u00E9"},
      {"<title>never closed", "never closed"},
  };
  for (const auto& [body, heading] : kCases) {
    EXPECT_EQ(Described(body), std::string("page \"") + heading + '"') << body;
  }
  for (const char* body : {"<title", "<title>", "<h1></h1>", "<p>x</p>"}) {
    EXPECT_EQ(Described(body), "") << body;
  }
}

TEST(DescribePageTest, IsBoundedAndWholeUtf8) {
  const std::string text =
      Described("<title>x" + std::string(100'000, '\xC3') + "</title>");
  EXPECT_LT(text.size(), 200U);
  EXPECT_TRUE(IsUtf8(text));

  std::string wide = "<title>x";
  for (int i = 0; i < 1000; ++i) wide += "\u767B";
  EXPECT_TRUE(IsUtf8(Described(wide)));

  EXPECT_EQ(Described(std::string(1'000'000, ' ') + "<title>late</title>"), "");
}

// A page may quote the request, with entities for some of it.
TEST(DescribePageTest, QuotesNothingThatIsHidden) {
  const std::vector<Secret> hidden = {Secret("a<token>of-ours")};
  const std::string text =
      DescribePage({.status = 400,
                    .headers = {{"Server", "a<token>of-ours"}},
                    .body = "<title>" + std::string(150, 'x') +
                            " a&lt;token&gt;of-ours</title>"},
                   hidden);

  EXPECT_THAT(text, Not(HasSubstr("token")));
  EXPECT_THAT(text, HasSubstr("server \"<secret>\""));
}

TEST(DecodeErrorTest, TellsOfAPageOnlyWhereTheCloudSaidNothing) {
  const Headers headers = {{"Server", "api-gateway"}};
  EXPECT_EQ(DecodeError({403, headers, R"({"error_msg":"no right"})"}).message,
            "HTTP 403: no right");
  EXPECT_EQ(DecodeError({403, headers, "<title>Log in</title>"}).message,
            "HTTP 403: page \"Log in\", server \"api-gateway\"");
}

TEST(CauseOfPageTest, KnowsWhatGatewaysTellOfOurRequest) {
  const struct {
    int status;
    const char* body;
    Cause cause;
  } kCases[] = {
      {400, "<title>400 Request Header Or Cookie Too Large</title>",
       Cause::kRequestHeader},
      {400, "<p>Size of a request header field exceeds server limit.</p>",
       Cause::kRequestHeader},
      {431, "", Cause::kRequestHeader},
      {400, "<title>400 No required SSL certificate was sent</title>",
       Cause::kClientCertificate},
      {400, "<title>400 The SSL certificate error</title>",
       Cause::kClientCertificate},
      {400, "<title>400 The plain HTTP request was sent to HTTPS port</title>",
       Cause::kPlainHttp},
      {400, "You're speaking plain HTTP to an SSL-enabled server port.",
       Cause::kPlainHttp},
      {400, "Client sent an HTTP request to an HTTPS server.",
       Cause::kPlainHttp},
      {400, "<title>400 Bad Request</title>", Cause::kUnknown},
      {500, "<title>No required SSL certificate was sent</title>",
       Cause::kUnknown},
  };
  for (const auto& [status, body, cause] : kCases) {
    EXPECT_EQ(DecodeError({status, {}, body}).cause, cause) << body;
  }
}

TEST(DecodeErrorTest, NamesTheSizeOfATokenThatIsTooLarge) {
  const std::vector<Secret> large = {Secret(std::string(12'345, 'x'))};
  const std::vector<Secret> small = {Secret(std::string(5'000, 'x'))};
  const auto said = [](const char* body, const std::vector<Secret>& hidden) {
    return DecodeError({400, {}, body}, hidden).message;
  };

  EXPECT_EQ(said("<title>Request Header Or Cookie Too Large</title>", large),
            "HTTP 400: page \"Request Header Or Cookie Too Large\"; the token "
            "has 12345 bytes");
  EXPECT_EQ(said("<html><body><h1>400 Bad request</h1>", large),
            "HTTP 400: page \"400 Bad request\"; the token has 12345 bytes, "
            "which may be more than the gateway takes");
  EXPECT_EQ(said("<html><body><h1>400 Bad request</h1>", small),
            "HTTP 400: page \"400 Bad request\"");
  EXPECT_EQ(said(R"({"error_msg":"no"})", large), "HTTP 400: no");
}

HttpReply ByProxy(int status, const Headers& headers, std::string body = "") {
  return {.status = status,
          .headers = headers,
          .body = std::move(body),
          .proxy = "p:3128"};
}

// As squid 5.7, tinyproxy 1.11 and Privoxy 3.0 answer.
TEST(DecodeErrorTest, TellsAProxysOwnAnswerFromTheClouds) {
  const struct {
    HttpReply reply;
    const char* message;
    Cause cause;
  } kCases[] = {
      {ByProxy(407, {}), "the proxy p:3128 answered 407", Cause::kProxyLogin},
      {ByProxy(407, {{"Server", "squid/5.7"},
                     {"X-Squid-Error", "ERR_CACHE_ACCESS_DENIED 0"}}),
       "the proxy p:3128 answered 407: server \"squid/5.7\", "
       "ERR_CACHE_ACCESS_DENIED 0",
       Cause::kProxyLogin},
      {ByProxy(403, {{"Server", "squid/5.7"},
                     {"X-Squid-Error", "ERR_ACCESS_DENIED 0"}}),
       "the proxy p:3128 answered 403: server \"squid/5.7\", "
       "ERR_ACCESS_DENIED 0",
       Cause::kProxy},
      {ByProxy(401, {{"Server", "tinyproxy/1.11.1"}},
               "<title>401 Unauthorized</title>"),
       "the proxy p:3128 answered 401: page \"401 Unauthorized\", server "
       "\"tinyproxy/1.11.1\"",
       Cause::kProxyLogin},
      {ByProxy(500, {{"Server", "tinyproxy/1.11.1"}},
               "<title>500 Unable to connect</title>"),
       "the proxy p:3128 answered 500: page \"500 Unable to connect\", server "
       "\"tinyproxy/1.11.1\"",
       Cause::kProxy},
      {ByProxy(404, {}, "<title>502 - Bad Gateway (Privoxy@host)</title>"),
       "the proxy p:3128 answered 404: page \"502 - Bad Gateway "
       "(Privoxy@host)\"",
       Cause::kProxy},
  };
  for (const auto& [reply, message, cause] : kCases) {
    const Error error = DecodeError(reply);
    EXPECT_EQ(error.kind, ErrorKind::kConnect) << message;
    EXPECT_EQ(error.message, message);
    EXPECT_EQ(error.cause, cause) << message;
    EXPECT_EQ(error.http_status, 0) << message;
  }
}

TEST(DecodeErrorTest, TakesForTheCloudsWhatAProxyPassedOn) {
  const Headers passed_on = {{"Via", "1.1 vm (squid/5.7)"},
                             {"X-Cache", "MISS from vm"}};
  Error error =
      DecodeError(ByProxy(401, passed_on, R"({"error_code":"APIG.0301"})"));
  EXPECT_EQ(error.kind, ErrorKind::kUnauthorized);
  EXPECT_EQ(error.http_status, 401);

  error = DecodeError(ByProxy(502, passed_on, "<title>502</title>"));
  EXPECT_EQ(error.kind, ErrorKind::kServerError);
  EXPECT_EQ(error.message, "HTTP 502: page \"502\", through the proxy p:3128");

  // Without a proxy nobody but the endpoint can have said it.
  EXPECT_EQ(DecodeError({407, {}, ""}).kind, ErrorKind::kClientError);
  EXPECT_EQ(
      DecodeError({403, {{"X-Squid-Error", "ERR_ACCESS_DENIED 0"}}, ""}).kind,
      ErrorKind::kForbidden);
}

}  // namespace
}  // namespace exporter
