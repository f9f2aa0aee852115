#include "auth/http_failure.h"

#include <gtest/gtest.h>

#include <string>

#include "auth/replies.h"

namespace exporter {
namespace {

const Secret kHidden("hush");

TEST(HttpFailureTest, TakesItsKindFromTheStatusAndTheRestFromTheBody) {
  const struct {
    int status;
    std::string body;
    ErrorKind kind;
    std::string message;
  } kCases[] = {
      {401,
       R"({"error":{"code":401,"message":"The username or password is wrong.",)"
       R"("title":"Unauthorized"}})",
       ErrorKind::kUnauthorized,
       "HTTP 401: The username or password is wrong."},
      {403, R"({"error_code":"IAM.0101","error_msg":"locked"})",
       ErrorKind::kForbidden, "HTTP 403 IAM.0101: locked"},
      {400, R"({"error_code":"APIGW.0308","error_message":"no"})",
       ErrorKind::kClientError, "HTTP 400 APIGW.0308: no"},
      {404, "<html>", ErrorKind::kNotFound, "HTTP 404"},
      {429, "", ErrorKind::kThrottled, "HTTP 429"},
      {302, "[]", ErrorKind::kClientError, "HTTP 302"},
      {500, R"({"error":7})", ErrorKind::kServerError, "HTTP 500"},
      {503, R"({"message":["a"],"error":{"title":{}}})",
       ErrorKind::kServerError, "HTTP 503"},
      {401, R"({"message":"for hush, hush"})", ErrorKind::kUnauthorized,
       "HTTP 401: for <secret>, <secret>"},
      {401, R"({"message":"a\r\nb\u0000c\u007f"})", ErrorKind::kUnauthorized,
       "HTTP 401: a  b c "},
      {401, R"({"message":")" + std::string(9999, 'x') + "\"}",
       ErrorKind::kUnauthorized, "HTTP 401: " + std::string(256, 'x')},
      {401, std::string(1 << 20, '['), ErrorKind::kUnauthorized, "HTTP 401"},
  };
  for (const auto& [status, body, kind, message] : kCases) {
    SCOPED_TRACE(body.substr(0, 80));
    const Error error = HttpFailure(Reply(status, body), kHidden);
    EXPECT_EQ(error.kind, kind);
    EXPECT_EQ(error.message, message);
    EXPECT_EQ(error.http_status, status);
  }
}

TEST(HttpFailureTest, NamesTheRequestForTheSupport) {
  const Error error =
      HttpFailure({401, {{"x-request-id", "4711"}}, ""}, Secret());

  EXPECT_EQ(error.request_id, "4711");
}

}  // namespace
}  // namespace exporter
