#include "auth/signer.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "auth/replies.h"
#include "net/url.h"
#include "support/fake_clock.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

// The documentation's sample key, valid nowhere.
const SigningKey kSampleKey{Secret("QTWAOYTTINDUT2QVKYUC"),
                            Secret("MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc"),
                            Secret()};
constexpr WallTime kSampleTime =
    WallTime(std::chrono::sys_days(std::chrono::year(2019) / 11 / 15)) + 3h +
    36min + 55s;

HttpRequest Get(std::string url) {
  HttpRequest request;
  request.method = "GET";
  request.url = std::move(url);
  return request;
}

std::string Authorization(HttpRequest request) {
  return HeaderOf(Sign(std::move(request), kSampleKey, kSampleTime),
                  "Authorization");
}

TEST(SignTest, MakesTheSignatureThatTheDocumentationPublishes) {
  HttpRequest request =
      Get("https://service.region.example.com/v1/"
          "77b6a44cba5143ab91d13ab9a8ff44fd/vpcs?limit=2&"
          "marker=13551d6b-755d-4757-b956-536f674975c0");
  request.headers.emplace_back("Content-Type", "application/json");

  const HttpRequest signed_request =
      Sign(std::move(request), kSampleKey, kSampleTime);

  EXPECT_EQ(HeaderOf(signed_request, "X-Sdk-Date"), "20191115T033655Z");
  EXPECT_EQ(HeaderOf(signed_request, "Authorization"),
            "SDK-HMAC-SHA256 Access=QTWAOYTTINDUT2QVKYUC, "
            "SignedHeaders=content-type;host;x-sdk-date, "
            "Signature="
            "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe");
  EXPECT_EQ(HeaderOf(signed_request, "X-Security-Token"), "(absent)");
}

TEST(SignTest, SignsTheSecurityTokenAndTheProjectWhereTheyAreSent) {
  SigningKey key = kSampleKey;
  key.security_token = Secret("temporary");
  HttpRequest request = Get("https://example.com/v2");
  request.headers.emplace_back("X-Project-Id", "p1");

  const HttpRequest signed_request = Sign(request, key, kSampleTime);

  EXPECT_EQ(HeaderOf(signed_request, "X-Security-Token"), "temporary");
  EXPECT_NE(HeaderOf(signed_request, "Authorization")
                .find("SignedHeaders=host;x-project-id;x-sdk-date;"
                      "x-security-token, "),
            std::string::npos);
}

TEST(SignTest, LeavesOutHeadersThatProxiesMayChange) {
  HttpRequest request = Get("https://example.com/v2");
  request.headers.emplace_back("User-Agent", "modelarts_exporter");
  request.headers.emplace_back("Accept", "*/*");

  EXPECT_EQ(Authorization(request), Authorization(Get(request.url)));
}

TEST(SignTest, SaysTheSameForEveryWayToWriteOneUrl) {
  const struct {
    const char* what;
    const char* url;
    const char* same;
  } kCases[] = {
      {"needless encoding", "https://h/v2/a%2Db", "https://h/v2/a-b"},
      {"lower-case hex", "https://h/v2/a%2fb", "https://h/v2/a%2Fb"},
      {"unencoded sign", "https://h/v2/a:b", "https://h/v2/a%3Ab"},
      {"own port", "https://h:443/v2", "https://h/v2"},
      {"slash at the end", "https://h/v2/", "https://h/v2"},
      {"order of the query", "https://h/?b=1&a=2&a=1",
       "https://h/?a=1&a=2&b=1"},
      {"empty value", "https://h/?a", "https://h/?a="},
      {"no path", "https://h?a=1", "https://h/?a=1"},
  };
  for (const auto& [what, url, same] : kCases) {
    EXPECT_EQ(Authorization(Get(url)), Authorization(Get(same))) << what;
  }
}

TEST(SignTest, SaysSomethingElseForEveryDifference) {
  const std::string reference = Authorization(Get("https://h/v2/a/b?c=d"));
  for (const char* url :
       {"https://h/v2/a%2Fb?c=d", "https://h/v2/a/b?c=%20d",
        "https://h/v2/a/b?c=d&c=d", "https://h:8443/v2/a/b?c=d",
        "https://i/v2/a/b?c=d", "https://h/v2/a/b/%2520?c=d"}) {
    EXPECT_NE(Authorization(Get(url)), reference) << url;
  }

  HttpRequest post = Get("https://h/v2/a/b?c=d");
  post.method = "POST";
  EXPECT_NE(Authorization(post), reference);
  HttpRequest with_body = Get("https://h/v2/a/b?c=d");
  with_body.body = "{}";
  EXPECT_NE(Authorization(with_body), reference);
}

TEST(SignTest, SignsWithTheKeyThatItIsGiven) {
  SigningKey other = kSampleKey;
  other.secret = Secret("MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHd");
  const auto sign = [](const SigningKey& key) {
    return HeaderOf(Sign(Get("https://h/v2/a/b"), key, kSampleTime),
                    "Authorization");
  };

  const std::string first = sign(kSampleKey);
  const std::string second = sign(other);

  EXPECT_NE(first, second);
  EXPECT_EQ(sign(other), second);
  EXPECT_EQ(sign(kSampleKey), first);
}

// Made with a second implementation (Python's hmac and urllib.parse.quote), of
// dataset ids that need encoding.
TEST(SignTest, EncodesWhatIdsMayHold) {
  const struct {
    const char* id;
    const char* signature;
  } kCases[] = {
      {"with space",
       "46e446ae14d9d3edab7ae7fbe115b838c1e1fe475c7946e53e96800f50a7de87"},
      {"100%",
       "79baec1ba84ba1f04456d6b5c8931e0a5f675bec85ecda092a0f227824705bd5"},
      {"a~b-c_d.e",
       "9fe8db2a9c15d916a7ddfada646cd0255fb0f3501447317070a6626c7b9757e6"},
      {"team/a",
       "a24e8a48fb552db31f4f46842792474cf0d4540576d54e5829a7f7639de67c2c"},
      {"街道标志",
       "4189371a71ef457beb0242cd14be5a92b78feef20c36d97bc2e2d2168061f09a"},
      {"a+b&c=d?e#f",
       "bd2e39ffd2cf8abb273806de4dd03c6009d50da830a8d1a6ac0feb6b1dee94d2"},
      {"%2F",
       "996ccff52600bd324fecb78bcdf9f2aae58767a45dc9e8b602bc6a2854e62471"},
  };
  for (const auto& [id, signature] : kCases) {
    std::string url = "https://modelarts.example.com:8443/v2/p1/datasets/";
    AppendPercentEncoded(url, id);
    const std::string authorization =
        Authorization(Get(url + "/sync-data/status"));
    EXPECT_TRUE(authorization.ends_with(std::string("Signature=") + signature))
        << id << ": " << authorization;
  }
}

TEST(SignTest, KnowsWhatItSigned) {
  SigningKey other = kSampleKey;
  other.id = Secret("QTWAOYTTINDUT2QVKYU");
  SigningKey temporary = kSampleKey;
  temporary.security_token = Secret("t");
  const HttpRequest request =
      Sign(Get("https://example.com/"), kSampleKey, kSampleTime);

  EXPECT_TRUE(IsSignedWith(request, kSampleKey));
  EXPECT_FALSE(IsSignedWith(request, other));
  EXPECT_FALSE(IsSignedWith(request, temporary));
  EXPECT_FALSE(IsSignedWith(Get("https://example.com/"), kSampleKey));
}

}  // namespace
}  // namespace exporter
