#include "net/curl_failure.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/utf8.h"

namespace exporter {
namespace {

constexpr std::size_t kMaxDetailBytes = 300;

// The least that a gateway refuses by its defaults: Apache 8,190 bytes a line,
// nginx 8 KiB, HAProxy 16 KiB for all.
constexpr std::size_t kLargeHeaderBytes = 8000;

// Since 8.6 said of a header line over 100 kB, and since 8.14 of more than
// 5,000 of them; the header of 7.88 has no name for it (CURLE_TOO_LARGE).
constexpr auto kHeaderTooLarge = static_cast<CURLcode>(100);

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// libcurl's own words, fit for a message: one line, bounded, UTF-8.
std::string OneLine(std::string_view detail) {
  std::string line = ToUtf8(detail.substr(0, kMaxDetailBytes));
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; },
      ' ');
  return line;
}

std::string Proxy(const CurlFailure& failure) {
  return "the proxy " + failure.proxy;
}

std::string Peer(const CurlFailure& failure) {
  return failure.proxy.empty() ? failure.host : Proxy(failure);
}

Error ConnectError(std::string message, Cause cause = Cause::kUnknown) {
  return {.kind = ErrorKind::kConnect,
          .message = std::move(message),
          .cause = cause};
}

// What a lookup is for: no port belongs to it, and an address needs none.
std::string NameOf(std::string_view host) {
  return std::string(host.substr(0, host.find(':')));
}

Error ExplainTimeout(const CurlFailure& failure) {
  std::string message = "deadline passed while ";
  switch (failure.phase) {
    case CurlFailure::Phase::kLookup:
      message += "looking up the name " +
                 NameOf(failure.proxy.empty() ? failure.host : failure.proxy);
      break;
    case CurlFailure::Phase::kConnect:  // Or in the handshake: who can tell.
      message += "connecting to " + Peer(failure);
      break;
    case CurlFailure::Phase::kWait:
      message += "waiting for the reply of " + failure.host;
      break;
    case CurlFailure::Phase::kRead:
      message += "reading the reply of " + failure.host;
      break;
  }
  return {.kind = ErrorKind::kTimeout,
          .message = message,
          .cause = failure.phase == CurlFailure::Phase::kLookup
                       ? Cause::kLookup
                       : Cause::kUnknown};
}

// What the handshake, an alert or an end of the line means for a certificate
// that we have not shown.
bool WantsCertificate(const CurlFailure& failure) {
  return !failure.in_proxy_tls &&
         (failure.certificate_was_wanted ||
          Contains(failure.detail, "alert certificate required"));
}

std::string WhatFailedInTls(const CurlFailure& failure) {
  if (failure.code == CURLE_SSL_CONNECT_ERROR &&
      !failure.certificate_error.empty()) {
    // As libcurl says it where it knows.
    return "SSL certificate problem: " + std::string(failure.certificate_error);
  }
  return failure.detail.empty() ? curl_easy_strerror(failure.code)
                                : OneLine(failure.detail);
}

Error ExplainTls(const CurlFailure& failure) {
  return {.kind = ErrorKind::kTls,
          .message = "TLS with " +
                     (failure.in_proxy_tls ? Proxy(failure) : failure.host) +
                     ": " + WhatFailedInTls(failure),
          .cause = failure.in_proxy_tls        ? Cause::kProxy
                   : WantsCertificate(failure) ? Cause::kClientCertificate
                                               : Cause::kUnknown};
}

bool WasRefusedByProxy(const CurlFailure& failure) {
  return failure.proxy_status != 0 && failure.proxy_status / 100 != 2;
}

Error ExplainProxyStatus(const CurlFailure& failure) {
  // tinyproxy says 401 of a wrong password (seen of 1.11.1).
  const bool is_login =
      failure.proxy_status == 407 || failure.proxy_status == 401;
  return ConnectError(
      Proxy(failure) + " answered " + std::to_string(failure.proxy_status),
      is_login ? Cause::kProxyLogin : Cause::kProxy);
}

// Source: RFC 1928, section 6; RFC 1929, section 2.
Error ExplainSocks(const CurlFailure& failure) {
  const std::string proxy = Proxy(failure);
  const std::string& host = failure.host;
  switch (failure.proxy_error) {
    case CURLPX_USER_REJECTED:
      return ConnectError(proxy + " refused the user and the password",
                          Cause::kProxyLogin);
    case CURLPX_NO_AUTH:
      return ConnectError(proxy + " wants a login that proxy_url does not give",
                          Cause::kProxyLogin);
    case CURLPX_REPLY_NOT_ALLOWED:
      return ConnectError(proxy + " has a rule against " + host, Cause::kProxy);
    case CURLPX_REPLY_HOST_UNREACHABLE:
      return ConnectError(proxy + " cannot find or reach " + host,
                          Cause::kProxy);
    case CURLPX_REPLY_NETWORK_UNREACHABLE:
      return ConnectError(proxy + " has no route to " + host, Cause::kProxy);
    case CURLPX_REPLY_CONNECTION_REFUSED:
      return ConnectError(host + " refused the connection of " + proxy,
                          Cause::kProxy);
    case CURLPX_REPLY_TTL_EXPIRED:
      return ConnectError(proxy + " got no connection to " + host + " in time",
                          Cause::kProxy);
    case CURLPX_RESOLVE_HOST:
      return ConnectError("name lookup failed: " + NameOf(host),
                          Cause::kLookup);
    case CURLPX_REPLY_GENERAL_SERVER_FAILURE:
      return ConnectError(proxy + " failed to connect to " + host,
                          Cause::kProxy);
    case CURLPX_CLOSED:
      return ConnectError(proxy + " closed the connection in its handshake",
                          Cause::kProxy);
    case CURLPX_BAD_VERSION:
      return ConnectError(proxy + " does not speak SOCKS5", Cause::kProxy);
    default:
      return ConnectError(proxy + " broke off its handshake", Cause::kProxy);
  }
}

// libcurl keeps an errno from exchange to exchange, so it is looked at only
// where it has just been set. Its own words may hold the URL's query or the
// proxy's password, but for those that begin as here.
std::string WhyTheLineBroke(const CurlFailure& failure) {
  for (const std::string_view harmless :
       {"Recv failure: ", "Send failure: ", "OpenSSL SSL_"}) {
    if (failure.detail.starts_with(harmless)) {
      const bool is_prefix = harmless.ends_with(": ");
      return OneLine(failure.detail.substr(is_prefix ? harmless.size() : 0));
    }
  }
  return curl_easy_strerror(failure.code);
}

Error ExplainBrokenLine(const CurlFailure& failure) {
  const std::string& host = failure.host;
  switch (failure.code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return ConnectError("name lookup failed: " + NameOf(host),
                          Cause::kLookup);
    case CURLE_COULDNT_RESOLVE_PROXY:
      return ConnectError(
          "name lookup of the proxy failed: " + NameOf(failure.proxy),
          Cause::kLookup);
    case CURLE_COULDNT_CONNECT:
      return ConnectError(
          "connecting to " + Peer(failure) + ": " +
              (failure.system_error == 0
                   ? curl_easy_strerror(failure.code)
                   : std::generic_category().message(failure.system_error)),
          failure.proxy.empty() ? Cause::kUnreachable : Cause::kProxy);
    case CURLE_PROXY:
      return ExplainSocks(failure);
    case CURLE_GOT_NOTHING:
      return ConnectError(host + " closed the connection without a reply");
    case CURLE_PARTIAL_FILE:
      return ConnectError(failure.reply_began
                              ? "the reply of " + host + " was cut short"
                              : host +
                                    " closed the connection without a reply");
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return ConnectError("the reply of " + host + " is not HTTP");
    default:
      return ConnectError("the line to " + host +
                          " broke: " + WhyTheLineBroke(failure));
  }
}

// A broken line on which a certificate was asked for in vain.
Error WithCertificateInDoubt(Error error, const CurlFailure& failure) {
  if (failure.reply_began || !WantsCertificate(failure)) return error;
  return {
      .kind = ErrorKind::kTls,
      .message = "TLS with " + failure.host +
                 ": it asked for a certificate of ours, and we have none; " +
                 error.message,
      .cause = Cause::kClientCertificate};
}

// Over HTTP/2 nginx ends the connection on which too large a header came, and
// HAProxy too: libcurl then knows of an end, but not why.
Error WithHeaderInDoubt(Error error, const CurlFailure& failure) {
  if (failure.reply_began || failure.header_bytes < kLargeHeaderBytes) {
    return error;
  }
  error.message += "; the request's " + failure.largest_header + " has " +
                   std::to_string(failure.header_bytes) +
                   " bytes, which may be more than the gateway takes";
  error.cause = Cause::kRequestHeader;
  return error;
}

Error ExplainLine(const CurlFailure& failure) {
  Error error = ExplainBrokenLine(failure);
  switch (failure.code) {
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_PARTIAL_FILE:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
      error = WithHeaderInDoubt(std::move(error), failure);
      [[fallthrough]];
    case CURLE_SSL_CONNECT_ERROR:
      return WithCertificateInDoubt(std::move(error), failure);
    default:
      return error;
  }
}

}  // namespace

Error Explain(const CurlFailure& failure) {
  if (failure.code == CURLE_OPERATION_TIMEDOUT) return ExplainTimeout(failure);
  // Before the code: since 8.22 that is the one of a refused connection.
  if (WasRefusedByProxy(failure)) return ExplainProxyStatus(failure);
  // libcurl 7.88 of a header with a carriage return in its name.
  if (failure.code == CURLE_BAD_FUNCTION_ARGUMENT && failure.reply_began) {
    return {.kind = ErrorKind::kMalformed,
            .message = "the reply of " + failure.host +
                       " has a header that cannot be read"};
  }
  switch (failure.code) {
    case CURLE_FILESIZE_EXCEEDED:
      return {.kind = ErrorKind::kTooLarge,
              .message = "the body is larger than " +
                         std::to_string(failure.max_body_bytes) + " bytes"};
    case CURLE_OUT_OF_MEMORY:  // What 7.88 says of a header line over 100 kB.
    case kHeaderTooLarge:
      return {.kind = ErrorKind::kTooLarge,
              .message = "the header is too large"};
    case CURLE_BAD_CONTENT_ENCODING:
      return {.kind = ErrorKind::kMalformed,
              .message =
                  "the reply of " + failure.host + " cannot be decompressed"};

    case CURLE_SSL_CONNECT_ERROR:
      if (!failure.certificate_error.empty()) {
        return ExplainTls(failure);
      }
      // The line broke in the handshake; nobody refused anything.
      if (Contains(failure.detail, "reset by peer") ||
          Contains(failure.detail, "SSL_ERROR_SYSCALL") ||
          Contains(failure.detail, "unexpected eof")) {  // libcurl 8.
        return ExplainLine(failure);
      }
      [[fallthrough]];
    case CURLE_BAD_FUNCTION_ARGUMENT:  // libcurl 8.22, of a key it cannot use.
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_SHUTDOWN_FAILED:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
      return ExplainTls(failure);

    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      // In TLS 1.3 a server refuses our certificate after the handshake.
      if (Contains(failure.detail, "SSL") &&
          Contains(failure.detail, "alert")) {
        return ExplainTls(failure);
      }
      [[fallthrough]];
    default:
      return ExplainLine(failure);
  }
}

}  // namespace exporter
