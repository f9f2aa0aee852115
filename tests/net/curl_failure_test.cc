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
      {{.code = CURLE_SSL_CONNECT_ERROR,
        .detail = "OpenSSL SSL_connect: SSL_ERROR_SYSCALL",
        .certificate_error = "certificate has expired",
        .host = "h",
        .proxy = "p:3128"},
       "tls: TLS with h: SSL certificate problem: certificate has expired"},
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
      {{.code = CURLE_BAD_FUNCTION_ARGUMENT,
        .detail = "unable to set private key file: 'k' type PEM",
        .host = "h"},
       "tls: TLS with h: unable to set private key file: 'k' type PEM"},
      {{.code = CURLE_BAD_FUNCTION_ARGUMENT, .reply_began = true, .host = "h"},
       "malformed: the reply of h has a header that cannot be read"},
      {{.code = CURLE_SSL_CACERT_BADFILE,
        .detail = "no such file",
        .host = "h"},
       "tls: TLS with h: no such file"},
      {{.code = CURLE_PEER_FAILED_VERIFICATION,
        .detail = "self-signed certificate",
        .in_proxy_tls = true,
        .host = "h",
        .proxy = "p:3128"},
       "tls: TLS with the proxy p:3128: self-signed certificate"},
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

TEST(ExplainTest, LooksAtTheProxysStatusBeforeTheCode) {
  for (const CURLcode code : {CURLE_RECV_ERROR, CURLE_COULDNT_CONNECT}) {
    EXPECT_EQ(Said({.code = code,
                    .system_error = ECONNREFUSED,
                    .proxy_status = 403,
                    .host = "h",
                    .proxy = "p:3128"}),
              "connect: the proxy p:3128 answered 403");
  }
}

TEST(ExplainTest, TellsAProxyThatWantsALoginFromOtherRefusals) {
  const auto cause_of = [](long status) {
    return Explain({.code = CURLE_RECV_ERROR,
                    .proxy_status = status,
                    .host = "h",
                    .proxy = "p:3128"})
        .cause;
  };
  EXPECT_EQ(cause_of(407), Cause::kProxyLogin);
  EXPECT_EQ(cause_of(401), Cause::kProxyLogin);  // Of tinyproxy.
  EXPECT_EQ(cause_of(403), Cause::kProxy);
  EXPECT_EQ(cause_of(503), Cause::kProxy);
  EXPECT_EQ(cause_of(0), Cause::kUnknown);
  EXPECT_EQ(cause_of(200), Cause::kUnknown);
}

TEST(ExplainTest, HasAWordForEachRefusalOfSocks) {
  const struct {
    CURLproxycode refusal;
    const char* said;
    Cause cause;
  } kCases[] = {
      {CURLPX_USER_REJECTED,
       "the proxy p:1080 refused the user and the password",
       Cause::kProxyLogin},
      {CURLPX_NO_AUTH,
       "the proxy p:1080 wants a login that proxy_url does not give",
       Cause::kProxyLogin},
      {CURLPX_REPLY_NOT_ALLOWED, "the proxy p:1080 has a rule against h:8443",
       Cause::kProxy},
      {CURLPX_REPLY_HOST_UNREACHABLE,
       "the proxy p:1080 cannot find or reach h:8443", Cause::kProxy},
      {CURLPX_REPLY_NETWORK_UNREACHABLE,
       "the proxy p:1080 has no route to h:8443", Cause::kProxy},
      {CURLPX_REPLY_CONNECTION_REFUSED,
       "h:8443 refused the connection of the proxy p:1080", Cause::kProxy},
      {CURLPX_REPLY_TTL_EXPIRED,
       "the proxy p:1080 got no connection to h:8443 in time", Cause::kProxy},
      {CURLPX_REPLY_GENERAL_SERVER_FAILURE,
       "the proxy p:1080 failed to connect to h:8443", Cause::kProxy},
      {CURLPX_RESOLVE_HOST, "name lookup failed: h", Cause::kLookup},
      {CURLPX_BAD_VERSION, "the proxy p:1080 does not speak SOCKS5",
       Cause::kProxy},
      {CURLPX_CLOSED, "the proxy p:1080 closed the connection in its handshake",
       Cause::kProxy},
      {CURLPX_UNKNOWN_FAIL, "the proxy p:1080 broke off its handshake",
       Cause::kProxy},
  };
  for (const auto& [refusal, said, cause] : kCases) {
    const Error error = Explain({.code = CURLE_PROXY,
                                 .proxy_error = refusal,
                                 .host = "h:8443",
                                 .proxy = "p:1080"});
    EXPECT_EQ(error.kind, ErrorKind::kConnect);
    EXPECT_EQ(error.message, said);
    EXPECT_EQ(error.cause, cause) << said;
  }
}

TEST(ExplainTest, DoubtsALargeHeaderWhereNothingCameBack) {
  const auto explained = [](CURLcode code, bool reply_began,
                            std::size_t bytes) {
    return Explain({.code = code,
                    .reply_began = reply_began,
                    .largest_header = "X-Auth-Token",
                    .header_bytes = bytes,
                    .host = "h"});
  };
  const char* doubt =
      "; the request's X-Auth-Token has 12000 bytes, which may be more than "
      "the "
      "gateway takes";
  // What libcurl says of nginx's GOAWAY, of HAProxy's, and of a closed line.
  for (const CURLcode code :
       {CURLE_PARTIAL_FILE, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_SEND_ERROR,
        CURLE_RECV_ERROR, CURLE_GOT_NOTHING}) {
    const Error error = explained(code, false, 12'000);
    EXPECT_TRUE(error.message.ends_with(doubt)) << error.message;
    EXPECT_EQ(error.cause, Cause::kRequestHeader);
    EXPECT_EQ(error.kind, ErrorKind::kConnect);
    EXPECT_EQ(explained(code, true, 12'000).cause, Cause::kUnknown);
    EXPECT_EQ(explained(code, false, 7'999).cause, Cause::kUnknown);
  }
  EXPECT_EQ(explained(CURLE_COULDNT_RESOLVE_HOST, false, 12'000).cause,
            Cause::kLookup);
  EXPECT_EQ(explained(CURLE_PARTIAL_FILE, true, 0).message,
            "the reply of h was cut short");
  EXPECT_EQ(explained(CURLE_PARTIAL_FILE, false, 0).message,
            "h closed the connection without a reply");
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
