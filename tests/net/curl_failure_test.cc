#include "net/curl_failure.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace exporter {
namespace {

using Phase = CurlFailure::Phase;

std::string Said(const CurlFailure& failure) {
  const Error error = Explain(failure);
  return std::string(ToLabel(error.kind)) + ": " + error.message;
}

TEST(ExplainTest, SaysWhatFailedWhereAndWithWhom) {
  const struct {
    CurlFailure failure;
    const char* said;
  } kCases[] = {
      {{.code = CURLE_OPERATION_TIMEDOUT,
        .phase = Phase::kLookup,
        .host = "h:8443"},
       "timeout: deadline passed while looking up the name h"},
      {{.code = CURLE_OPERATION_TIMEDOUT,
        .phase = Phase::kConnect,
        .host = "h:8443"},
       "timeout: deadline passed while connecting to h:8443"},
      {{.code = CURLE_OPERATION_TIMEDOUT,
        .phase = Phase::kConnect,
        .host = "h",
        .proxy = "p:3128"},
       "timeout: deadline passed while connecting to the proxy p:3128"},
      {{.code = CURLE_OPERATION_TIMEDOUT,
        .phase = Phase::kRead,
        .host = "h",
        .proxy = "p:3128"},
       "timeout: deadline passed while reading the reply of h"},
      {{.code = CURLE_COULDNT_RESOLVE_HOST, .host = "h:8443"},
       "connect: name lookup failed: h"},
      {{.code = CURLE_COULDNT_RESOLVE_PROXY, .host = "h", .proxy = "p:3128"},
       "connect: name lookup of the proxy failed: p"},
      {{.code = CURLE_COULDNT_CONNECT,
        .system_error = ECONNREFUSED,
        .host = "h:1"},
       "connect: connecting to h:1: Connection refused"},
      {{.code = CURLE_COULDNT_CONNECT,
        .system_error = EHOSTUNREACH,
        .host = "h:1",
        .proxy = "p:3128"},
       "connect: connecting to the proxy p:3128: No route to host"},
      {{.code = CURLE_RECV_ERROR,
        .proxy_status = 407,
        .host = "h",
        .proxy = "p:3128"},
       "connect: the proxy p:3128 answered 407"},
      {{.code = CURLE_BAD_CONTENT_ENCODING, .host = "h"},
       "malformed: the reply of h cannot be decompressed"},
      {{.code = CURLE_FILESIZE_EXCEEDED, .max_body_bytes = 10, .host = "h"},
       "too_large: the body is larger than 10 bytes"},
      {{.code = static_cast<CURLcode>(100), .host = "h"},
       "too_large: the header is too large"},
      {{.code = CURLE_SSL_CONNECT_ERROR,
        .detail = "TLS connect error: error:0A000126:SSL routines::"
                  "unexpected eof while reading",
        .host = "h"},
       "connect: the line to h broke: SSL connect error"},
      {{.code = CURLE_SSL_CACERT_BADFILE,
        .detail = "no such file",
        .host = "h"},
       "tls: TLS with h: no such file"},
      {{.code = CURLE_RECV_ERROR,
        .detail = "SSL_read: tlsv13 alert certificate "
                  "required",
        .host = "h"},
       "tls: TLS with h: SSL_read: tlsv13 alert certificate required"},
  };
  for (const auto& [failure, said] : kCases) EXPECT_EQ(Said(failure), said);
}

// libcurl keeps it from exchange to exchange.
TEST(ExplainTest, LooksAtTheErrnoOfNothingButConnecting) {
  for (const CURLcode code :
       {CURLE_RECV_ERROR, CURLE_SSL_CONNECT_ERROR, CURLE_HTTP2}) {
    const std::string said = Said({.code = code,
                                   .detail = "SSL_ERROR_SYSCALL",
                                   .system_error = ECONNREFUSED,
                                   .host = "h"});
    EXPECT_EQ(said.find("refused"), std::string::npos) << said;
  }
}

TEST(ExplainTest, TakesOnlyHarmlessWordsOfLibcurl) {
  EXPECT_EQ(Said({.code = CURLE_RECV_ERROR,
                  .detail = "Recv failure: Connection reset by peer",
                  .host = "h"}),
            "connect: the line to h broke: Connection reset by peer");
  EXPECT_EQ(Said({.code = CURLE_RECV_ERROR,
                  .detail = "http://u:hush@p/?token=hush",
                  .host = "h"})
                .find("hush"),
            std::string::npos);
}

}  // namespace
}  // namespace exporter
