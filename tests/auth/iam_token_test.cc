#include "auth/iam_token.h"

#include <gtest/gtest.h>

#include <string>

#include "auth/replies.h"
#include "auth/secret_file.h"
#include "support/fake_clock.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

HttpReply TokenReply(const std::string& token, std::string body = "{}") {
  return HttpReply{201, {{"X-Subject-Token", token}}, std::move(body)};
}

TEST(DecodeIamTokenTest, ReadsTheTokenAndItsEnd) {
  const FakeClock clock;
  const std::string long_token(32768, 'M');

  const Result<IamToken> token = DecodeIamToken(
      HttpReply{201,
                {{"x-subject-token", long_token}},
                R"({"token":{"expires_at":"2024-01-02T00:00:00.000000Z"}})"},
      Secret(), clock.WallNow());

  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->text.Reveal(), long_token);
  EXPECT_EQ(token->end, clock.WallNow() + 24h);
}

TEST(DecodeIamTokenTest, TakesATokenWithoutAUsableEnd) {
  const FakeClock clock;
  for (const std::string body :
       {"", "{", "null", "[]", R"({"token":7})", R"({"token":{}})",
        R"({"token":{"expires_at":1704153600}})",
        R"({"token":{"expires_at":"tomorrow"}})",
        R"({"token":{"expires_at":"2023-01-01T00:00:00Z"}})"}) {
    const Result<IamToken> token =
        DecodeIamToken(TokenReply("t", body), Secret(), clock.WallNow());
    ASSERT_TRUE(token) << body;
    EXPECT_FALSE(token->end) << body;
  }
  EXPECT_TRUE(DecodeIamToken(TokenReply("t", std::string(1 << 20, '[')),
                             Secret(), clock.WallNow()));
}

// An IAM that does not know `nocatalog` sends some kilobytes for each service.
TEST(DecodeIamTokenTest, FindsTheEndBehindALargeCatalog) {
  const FakeClock clock;
  std::string body = R"({"token":{"catalog":[{"endpoints":[)";
  while (body.size() < 900'000) {
    body += R"({"url":"https://service.example.com/v1","region":"r"},)";
  }
  body += R"({}]}],"expires_at":"2024-01-02T00:00:00.000000Z"}})";

  const auto token =
      DecodeIamToken(TokenReply("t", body), Secret(), clock.WallNow());

  ASSERT_TRUE(token);
  EXPECT_EQ(token->end, clock.WallNow() + 24h);
}

TEST(DecodeIamTokenTest, SaysThatTheUserNeedsMoreThanAPassword) {
  const FakeClock clock;
  const struct {
    HttpReply reply;
    const char* words;
  } kCases[] = {
      {{401,
        {{"Openstack-Auth-Receipt", "gAAA"}},
        R"({"receipt":{"methods":["password"]},)"
        R"("required_auth_methods":[["password","totp"],["token"]]})"},
       "HTTP 401: the user needs more than a password: password and totp or "
       "token"},
      {{401, {{"openstack-auth-receipt", "gAAA"}}, ""},
       "HTTP 401: the user needs more than a password"},
      {Reply(401, R"({"required_auth_methods":[["password","t\u000atp"]]})"),
       "HTTP 401: the user needs more than a password: password and t?tp"},
      {Reply(401, R"({"required_auth_methods":[]})"), "HTTP 401"},
      {{403, {{"Openstack-Auth-Receipt", "gAAA"}}, ""}, "HTTP 403"},
  };
  for (const auto& [reply, words] : kCases) {
    const auto token = DecodeIamToken(reply, Secret(), clock.WallNow());
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().message, words);
    EXPECT_EQ(token.error().cause == Cause::kSecondFactor,
              token.error().message.size() > 8);
  }
  std::string many = R"({"required_auth_methods":[)";
  for (int i = 0; i < 1000; ++i) many += R"(["password"],)";
  const auto token =
      DecodeIamToken(Reply(401, many + "[]]}"), Secret(), clock.WallNow());
  EXPECT_LT(token.error().message.size(), 300U);
}

TEST(OfIamTest, SaysWhatWasAsked) {
  EXPECT_EQ(OfIam("https://iam.example.com/identity",
                  {ErrorKind::kConnect, "refused"})
                .message,
            "POST https://iam.example.com/identity/v3/auth/tokens: refused");
}

TEST(OfIamTest, FindsTheCauseThatConcernsIam) {
  const struct {
    ErrorKind kind;
    Cause before;
    Cause after;
  } kCases[] = {
      {ErrorKind::kConnect, Cause::kUnreachable, Cause::kIamEndpoint},
      {ErrorKind::kConnect, Cause::kLookup, Cause::kIamEndpoint},
      {ErrorKind::kConnect, Cause::kProxy, Cause::kProxy},
      {ErrorKind::kTimeout, Cause::kUnknown, Cause::kIamEndpoint},
      {ErrorKind::kTls, Cause::kUnknown, Cause::kIamCertificate},
      {ErrorKind::kTls, Cause::kClientCertificate, Cause::kClientCertificate},
      {ErrorKind::kNotFound, Cause::kUnknown, Cause::kIamEndpoint},
      {ErrorKind::kMalformed, Cause::kUnknown, Cause::kIamEndpoint},
      {ErrorKind::kUnauthorized, Cause::kUnknown, Cause::kIamRefusal},
      {ErrorKind::kForbidden, Cause::kUnknown, Cause::kIamRefusal},
      {ErrorKind::kUnauthorized, Cause::kSecondFactor, Cause::kSecondFactor},
      {ErrorKind::kThrottled, Cause::kUnknown, Cause::kIamTrouble},
      {ErrorKind::kServerError, Cause::kUnknown, Cause::kIamTrouble},
  };
  for (const auto& [kind, before, after] : kCases) {
    const Error error =
        OfIam("https://h", {.kind = kind, .message = "", .cause = before});
    EXPECT_EQ(error.cause, after) << ToLabel(kind);
    EXPECT_EQ(error.kind, kind);
  }
}

TEST(DecodeIamTokenTest, RefusesWhatIsNoToken) {
  const FakeClock clock;
  const struct {
    HttpReply reply;
    ErrorKind kind;
  } kCases[] = {
      {Reply(201, "{}"), ErrorKind::kMalformed},
      {TokenReply(""), ErrorKind::kMalformed},
      {TokenReply("t\r\nX-Evil: 1"), ErrorKind::kMalformed},
      {TokenReply("t\0t"s), ErrorKind::kMalformed},
      {TokenReply(std::string(kMaxSecretBytes + 1, 'x')),
       ErrorKind::kMalformed},
      {Reply(401), ErrorKind::kUnauthorized},
      {Reply(302), ErrorKind::kClientError},
      {Reply(503), ErrorKind::kServerError},
  };
  for (const auto& [reply, kind] : kCases) {
    const auto token = DecodeIamToken(reply, Secret(), clock.WallNow());
    ASSERT_FALSE(token) << reply.status;
    EXPECT_EQ(token.error().kind, kind) << reply.status;
  }
}

}  // namespace
}  // namespace exporter
