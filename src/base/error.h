// An error says what went wrong, sorted by what the caller should do next.
//
// The list is closed and short on purpose: each kind but kConfig is a value of
// the `reason` label, so the list bounds how many time series a bad day can
// create. Detail for people goes into the message, never into a label.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace exporter {

enum class ErrorKind : std::uint8_t {
  kConfig,          // Our settings are wrong. Stop: a person has to act.
  kTimeout,         // The request's timeout or the scrape's budget passed.
  kConnect,         // No reply of the cloud: name lookup, connect, the line
                    // broke, a proxy refused.
  kTls,             // The certificate or the handshake was refused.
  kUnauthorized,    // 401. Renew once; then hold back: five failures in a row
                    // lock an access key for five minutes.
  kForbidden,       // 403. Known, but not allowed: try other datasets.
  kNotFound,        // The dataset is gone.
  kApiUnavailable,  // The gateway does not publish this API here.
  kThrottled,       // 429. The whole project pauses.
  kRateLimited,     // Our own limit left no room in this scrape.
  kClientError,     // Another 3xx or 4xx.
  kServerError,     // 5xx. One retry may help.
  kMalformed,       // The reply is not what the API reference promises.
  kTooLarge,        // The reply is larger than any honest one.
  kCredentials,     // We have nothing valid to ask with.
};

// Every kind that a query can fail with, in the order of the documentation.
inline constexpr std::array kAllReasons = {ErrorKind::kTimeout,
                                           ErrorKind::kConnect,
                                           ErrorKind::kTls,
                                           ErrorKind::kUnauthorized,
                                           ErrorKind::kForbidden,
                                           ErrorKind::kNotFound,
                                           ErrorKind::kApiUnavailable,
                                           ErrorKind::kThrottled,
                                           ErrorKind::kRateLimited,
                                           ErrorKind::kClientError,
                                           ErrorKind::kServerError,
                                           ErrorKind::kMalformed,
                                           ErrorKind::kTooLarge,
                                           ErrorKind::kCredentials};

// The label value for `kind`, e.g. "rate_limited". Part of our public metrics:
// renaming one breaks dashboards.
std::string_view ToLabel(ErrorKind kind);

// What is known beyond the kind, where it changes what a person should do, or
// what we may do next. Never a label.
enum class Cause : std::uint8_t {
  kUnknown,
  kLookup,             // The name lookup failed.
  kUnreachable,        // Nobody takes connections there: refused, no route.
  kProxy,              // A proxy, not the endpoint: it refuses or is at fault.
  kProxyLogin,         // A proxy refused our user and password, or wants some.
                       // Directories behind proxies lock accounts.
  kRequestHeader,      // Our request's header is larger than a gateway takes.
  kClientCertificate,  // A gateway wants a certificate that we did not show.
  kPlainHttp,          // An http:// endpoint whose port speaks HTTPS.
  kIamEndpoint,        // IAM was not reached, or what answered is not IAM.
  kIamCertificate,     // Its certificate or the handshake was refused.
  kIamRefusal,         // It refused the login, and tells nobody why.
  kIamTrouble,         // It answered 5xx or 429.
  kSecondFactor,       // It wants more than a password.
  kTooManyDatasets,    // A list has more than max_datasets of its discovery.
};

struct Error {
  ErrorKind kind;
  std::string message;  // One line, free of secrets, naming what failed.

  // What the other side said of it, for people; a label takes `code` alone.
  int http_status = 0;     // Of the cloud's reply; 0: none came.
  std::string code;        // e.g. "ModelArts.4352"
  std::string cloud_text;  // The cloud's own words, as received.
  std::string request_id;  // For the cloud's support.

  Cause cause = Cause::kUnknown;
};

// `error` with what we were doing put in front, so that a message reads from
// the outside in: "listing datasets: GET /v2/p1/datasets: deadline passed".
Error While(std::string_view doing, Error error);

}  // namespace exporter
