#include "signature.h"

#include <gtest/gtest.h>

#include "http/request_reader.h"

namespace simulator {
namespace {

// The documentation's own example, with its sample key.
constexpr std::string_view kPublished =
    "GET /v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs?limit=2&"
    "marker=13551d6b-755d-4757-b956-536f674975c0 HTTP/1.1\r\n"
    "Content-Type: application/json\r\n"
    "Host: service.region.example.com\r\n"
    "X-Sdk-Date: 20191115T033655Z\r\n\r\n";
constexpr std::string_view kSecret = "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc";

std::string Canonical(std::string_view bytes,
                      const std::vector<std::string_view>& signed_headers) {
  exporter::RequestReader reader({.raw_targets = true});
  reader.Append(bytes);
  const auto read = reader.Next();
  return CanonicalRequest(
      Request(std::get<exporter::WholeRequest>(read.value()).request),
      signed_headers);
}

TEST(SignatureTest, IsThePublishedOneForThePublishedRequest) {
  const std::string canonical =
      Canonical(kPublished, {"content-type", "host", "x-sdk-date"});

  EXPECT_EQ(HexSha256(canonical),
            "b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a");
  EXPECT_EQ(Signature(kSecret, "20191115T033655Z", canonical),
            "7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe");
}

TEST(SignatureTest, EncodesThePathAnewAndEndsItInASlash) {
  const std::string canonical = Canonical(
      "GET /v2/p/a%20b%2Fc%7E/%e7%8c%ab HTTP/1.1\r\nHost: h\r\n\r\n", {"host"});

  EXPECT_EQ(canonical.substr(0, canonical.find("host:")),
            "GET\n/v2/p/a%20b%2Fc~/%E7%8C%AB/\n\n");
}

TEST(SignatureTest, SortsTheQueryByKeyAndThenByValue) {
  const std::string canonical = Canonical(
      "GET /?b=2&a=x%20y&b=1&c HTTP/1.1\r\nHost: h\r\n\r\n", {"host"});

  EXPECT_EQ(canonical.substr(0, canonical.find("host:")),
            "GET\n/\na=x%20y&b=1&b=2&c=\n");
}

TEST(SignatureTest, ReadsTheAuthorizationHeader) {
  const auto authorization = ParseAuthorization(
      "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, "
      "Signature=abc");

  ASSERT_TRUE(authorization);
  EXPECT_EQ(authorization->access_key, "AK");
  EXPECT_EQ(authorization->signed_headers,
            (std::vector<std::string_view>{"host", "x-sdk-date"}));
  EXPECT_EQ(authorization->signature, "abc");
}

TEST(SignatureTest, ReadsNoOtherAuthorizationHeader) {
  for (const char* header :
       {"", "Basic abc", "SDK-HMAC-SHA256", "SDK-HMAC-SHA256 Access=AK",
        "SDK-HMAC-SHA256 SignedHeaders=a, Access=AK, Signature=b",
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=a, Signature=b, More=c"}) {
    EXPECT_FALSE(ParseAuthorization(header)) << header;
  }
}

}  // namespace
}  // namespace simulator
