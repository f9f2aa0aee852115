// What went wrong, sorted by what the caller should do next.
//
// The list is closed and short on purpose: each kind but kConfig is a value of
// the `reason` label, so the list bounds how many time series a bad day can
// create. Detail for people goes into the message, never into a label.

#pragma once

#include <array>
#include <string>
#include <string_view>

namespace exporter {

enum class ErrorKind {
  kConfig,          // Our settings are wrong. Stop: a person has to act.
  kTimeout,         // The request's timeout or the scrape's budget passed.
  kConnect,         // No HTTP reply: name lookup, connect or the line broke.
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

struct Error {
  ErrorKind kind;
  std::string message;  // One line, free of secrets, naming what failed.

  // What the other side said of it, for people; a label takes `code` alone.
  int http_status = 0;     // 0: no reply came.
  std::string code;        // e.g. "ModelArts.4352"
  std::string cloud_text;  // The cloud's own words, as received.
  std::string request_id;  // For the cloud's support.
};

// `error` with what we were doing put in front, so that a message reads from
// the outside in: "listing datasets: GET /v2/p1/datasets: deadline passed".
Error While(std::string_view doing, Error error);

}  // namespace exporter
