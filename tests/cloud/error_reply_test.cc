#include "cloud/error_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace exporter {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST(DecodeErrorTest, LooksAtTheStatusFirstAndThenAtTheCode) {
  const struct {
    int status;
    const char* body;
    ErrorKind kind;
  } kCases[] = {
      {400, R"({"error_code":"ModelArts.4352"})", ErrorKind::kNotFound},
      {400, R"({"error_code":"ModelArts.0104"})", ErrorKind::kClientError},
      {400, R"({"error_code":"APIG.0101"})", ErrorKind::kClientError},
      {401, "", ErrorKind::kUnauthorized},
      {401, R"({"error_code":"APIG.0101"})", ErrorKind::kUnauthorized},
      {403, "<html>no</html>", ErrorKind::kForbidden},
      {403, R"({"error_code":"ModelArts.4352"})", ErrorKind::kForbidden},
      {404, "", ErrorKind::kNotFound},
      {404, R"({"error_code":"ModelArts.6623"})", ErrorKind::kNotFound},
      {404, R"({"error_code":"APIG.0101"})", ErrorKind::kApiUnavailable},
      {404, R"({"error_code":"APIGW.0101"})", ErrorKind::kApiUnavailable},
      {404, R"({"error_code":"APIG.0308"})", ErrorKind::kNotFound},
      {404, R"({"error_code":"X.0101"})", ErrorKind::kNotFound},
      {405, "", ErrorKind::kClientError},
      {429, R"({"error_code":"APIG.0308"})", ErrorKind::kThrottled},
      {429, "", ErrorKind::kThrottled},
      {500, R"({"error_code":"ModelArts.4352"})", ErrorKind::kServerError},
      {502, "<html>", ErrorKind::kServerError},
      {504, "", ErrorKind::kServerError},
      {302, "", ErrorKind::kClientError},
      {204, "", ErrorKind::kMalformed},
  };
  for (const auto& [status, body, kind] : kCases) {
    const Error error = DecodeError({status, {}, body});
    EXPECT_EQ(error.kind, kind) << status << ' ' << body;
    EXPECT_EQ(error.http_status, status);
  }
}

TEST(DecodeErrorTest, ReadsEveryKnownForm) {
  const struct {
    const char* body;
    const char* message;
    const char* code;
    const char* text;
    const char* request_id;
  } kCases[] = {
      {R"({"error_code":"ModelArts.4336","error_msg":"no right"})",
       "HTTP 403 ModelArts.4336: no right", "ModelArts.4336", "no right", ""},
      {R"({"error_code":"ModelArts.4336","error_message":"no right"})",
       "HTTP 403 ModelArts.4336: no right", "ModelArts.4336", "no right", ""},
      {R"({"error_msg":"m","error_code":"APIG.0302","request_id":"r1"})",
       "HTTP 403 APIG.0302: m", "APIG.0302", "m", "r1"},
      {R"({"error":{"code":403,"message":"denied","title":"Forbidden"}})",
       "HTTP 403: denied", "", "denied", ""},
      {R"({"error":{"code":"IAM.1","message":"denied"},"request_id":"r"})",
       "HTTP 403 IAM.1: denied", "IAM.1", "denied", "r"},
      {R"({"code":"C","message":"M"})", "HTTP 403 C: M", "C", "M", ""},
      {R"({"message":"M","error_msg":"N","title":"T"})", "HTTP 403: N", "", "N",
       ""},
      {R"({"error":{"title":"T"}})", "HTTP 403: T", "", "T", ""},
      {R"({"error_code":4336})", "HTTP 403 4336", "4336", "", ""},
      {R"({"error_code":null,"error_msg":["x"],"error":"y"})", "HTTP 403", "",
       "", ""},
      {R"({"other":{"code":"C","message":"M","error_msg":"N"}})", "HTTP 403",
       "", "", ""},
      {R"({"error_code":"C","error_ms)", "HTTP 403 C", "C", "", ""},
      {R"({"error_code":4336.0})", "HTTP 403 4336", "4336", "", ""},
      {R"({"error_code":"C","error_msg":"no \ud83d"})", "HTTP 403 C: no \uFFFD",
       "C", "no \uFFFD", ""},
      {"{\"error_msg\":\"\xCE\xDE\xC8\xA8\",\"error_code\":\"C\"}",
       "HTTP 403 C: \uFFFD\uFFFD\u0228", "C", "\uFFFD\uFFFD\u0228", ""},
      {R"({"took":1e999,"error_code":"C"})", "HTTP 403 C", "C", "", ""},
      {"<html>no</html>", "HTTP 403", "", "", ""},
      {"[]", "HTTP 403", "", "", ""},
      {"", "HTTP 403", "", "", ""},
  };
  for (const auto& [body, message, code, text, request_id] : kCases) {
    SCOPED_TRACE(body);
    const Error error = DecodeError({403, {}, body});

    EXPECT_EQ(error.message, message);
    EXPECT_EQ(error.code, code);
    EXPECT_EQ(error.cloud_text, text);
    EXPECT_EQ(error.request_id, request_id);
  }
}

TEST(DecodeErrorTest, PrefersTheRequestIdOfTheHeader) {
  const Error error = DecodeError(
      {500, {{"x-request-id", "from\tthe header"}}, R"({"request_id":"b"})"});
  EXPECT_EQ(error.request_id, "from?the header");
}

TEST(DecodeErrorTest, KeepsTheMessageShortAndInOneLine) {
  const Error error = DecodeError(
      {400,
       {},
       R"({"error_code":"a\r\nb","error_msg":"line\r\nforged\u0000)" +
           std::string(100'000, 'x') + "\"}"});

  EXPECT_THAT(error.message, HasSubstr("HTTP 400 a??b: line  forged x"));
  EXPECT_EQ(error.message.size(), 400U);
  EXPECT_EQ(error.cloud_text.size(), 512U);
}

TEST(DecodeErrorTest, KnowsTheRequestIdOfOpenStack) {
  const char kOpenStack[] = "x-openstack-request-id";

  EXPECT_EQ(DecodeError({401, {{kOpenStack, "req-1"}}, ""}).request_id,
            "req-1");
  EXPECT_EQ(DecodeError({401, {{kOpenStack, "1"}, {"X-Request-Id", "2"}}, ""})
                .request_id,
            "2");
}

// Gateways name the access key that they refuse, and some servers quote all.
TEST(DecodeErrorTest, QuotesNothingThatIsHidden) {
  const std::vector<Secret> hidden = {Secret("token-of-ours"), Secret("AKID"),
                                      Secret("t")};
  const Error error = DecodeError(
      {401,
       {{"X-Request-Id", "r-AKID"}},
       R"({"error_code":"no token-of-ours","error_msg":")" +
           std::string(505, 'x') + R"(token-of-ours, ak:AKID not exist"})"},
      hidden);

  for (const std::string& text :
       {error.message, error.code, error.cloud_text, error.request_id}) {
    EXPECT_THAT(text, Not(HasSubstr("token-of"))) << text;
    EXPECT_THAT(text, Not(HasSubstr("AKID"))) << text;
  }
  EXPECT_EQ(error.code, "no <secret>");
  EXPECT_EQ(error.request_id, "r-<secret>");
}

TEST(DecodeErrorTest, SaysWhereARedirectLeadsWithoutWhatMayBeSecret) {
  const auto message = [](const char* location) {
    return DecodeError({302, {{"Location", location}}, ""}).message;
  };

  EXPECT_EQ(message("https://u:p@login.test/sso?ticket=1"),
            "HTTP 302 to https://login.test/sso");
  EXPECT_EQ(message("/login?next=1"), "HTTP 302 to another path");
  EXPECT_EQ(message("http://h/\x9A"), "HTTP 302 to http://h/\uFFFD");
  EXPECT_EQ(message(""), "HTTP 302");
}

class DecodeRetryAfterTest : public testing::Test {
 protected:
  static constexpr WallTime kNow{
      std::chrono::sys_days(std::chrono::year_month_day(
          std::chrono::year(2024), std::chrono::January, std::chrono::day(1)))};
};

TEST_F(DecodeRetryAfterTest, ReadsTheHeader) {
  const struct {
    const char* header;
    std::optional<std::chrono::milliseconds> pause;
  } kCases[] = {
      {"0", 0s},
      {"7", 7s},
      {"3600", 1h},
      {"3601", 1h},
      {"99999999999999999999999", 1h},
      {"Mon, 01 Jan 2024 00:01:00 GMT", 1min},
      {"Mon, 01 Jan 2024 05:00:00 GMT", 1h},
      {"Sun, 31 Dec 2023 00:00:00 GMT", 0s},
      {"-1", std::nullopt},
      {"1.5", 2s},
      {"0.001", 1s},
      {"120.0", 2min},
      {"99999999999999999999999.5", 1h},
      {".5", std::nullopt},
      {"1.5.2", std::nullopt},
      {"1.5s", std::nullopt},
      {"-1.5", std::nullopt},
      {"soon", std::nullopt},
      {"", std::nullopt},
  };
  for (const auto& [header, pause] : kCases) {
    EXPECT_EQ(DecodeRetryAfter({429, {{"retry-after", header}}, ""}, kNow),
              pause)
        << header;
  }
  EXPECT_EQ(DecodeRetryAfter({429, {}, ""}, kNow), std::nullopt);
}

TEST_F(DecodeRetryAfterTest, ComparesADateWithTheServersOwnClock) {
  const HttpReply reply{429,
                        {{"Date", "Mon, 01 Jan 2024 09:00:00 GMT"},
                         {"Retry-After", "Mon, 01 Jan 2024 09:00:20 GMT"}},
                        ""};
  EXPECT_EQ(DecodeRetryAfter(reply, kNow), 20s);
}

TEST_F(DecodeRetryAfterTest, ComparesNoDateWithAClockThatIsNotSet) {
  for (const char* date :
       {"Mon, 01 Jan 0001 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"}) {
    const HttpReply reply{
        429,
        {{"Date", date}, {"Retry-After", "Mon, 01 Jan 2024 00:00:20 GMT"}},
        ""};
    EXPECT_EQ(DecodeRetryAfter(reply, kNow), 20s) << date;
  }
}

TEST_F(DecodeRetryAfterTest, ReadsTheGatewaysMessage) {
  const struct {
    const char* message;
    std::optional<std::chrono::milliseconds> pause;
  } kCases[] = {
      {"policy user over ratelimit,limit:200,time:5 minute", 30s},
      {"limit:10,time:1 minute", 6s},
      {"limit:2,time:1 minute", 30s},
      {"limit:0,time:1 minute", 1min},
      {"limit:100,time:1 second", 100ms},
      {"limit:100,time:2 hours", 12min},
      {"limit:1,time:9 day", 1h},
      {"limit:1,time:9223372036854775807 day", 1h},
      {"limit:99999999999999999999,time:1 day", 1h},
      {"limit:2000000,time:1 minute", 6s},
      {"limit:10,time:0 minute", std::nullopt},
      {"limit:200,time:5 fortnight", std::nullopt},
      {"limit:200", std::nullopt},
      {"limit:x,time:5 minute", std::nullopt},
      {"limit:200,time:x minute", std::nullopt},
      {"limit:-1,time:5 minute", std::nullopt},
      {"over the limit", std::nullopt},
  };
  for (const auto& [message, pause] : kCases) {
    const std::string body = R"({"error_code":"APIG.0308","error_msg":")" +
                             std::string(message) + "\"}";
    EXPECT_EQ(DecodeRetryAfter({429, {}, body}, kNow), pause) << message;
  }
}

TEST_F(DecodeRetryAfterTest, PrefersTheHeaderOverTheMessage) {
  const char* kBody = "limit:200,time:5 minute";
  EXPECT_EQ(DecodeRetryAfter({429, {{"Retry-After", "2"}}, kBody}, kNow), 2s);
  EXPECT_EQ(DecodeRetryAfter({429, {{"Retry-After", "soon"}}, kBody}, kNow),
            30s);
}

}  // namespace
}  // namespace exporter
