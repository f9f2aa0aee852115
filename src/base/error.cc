#include "base/error.h"

#include <stdexcept>
#include <utility>

namespace exporter {

std::string_view ToLabel(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kConfig:
      return "config";
    case ErrorKind::kTimeout:
      return "timeout";
    case ErrorKind::kConnect:
      return "connect";
    case ErrorKind::kTls:
      return "tls";
    case ErrorKind::kUnauthorized:
      return "unauthorized";
    case ErrorKind::kForbidden:
      return "forbidden";
    case ErrorKind::kNotFound:
      return "not_found";
    case ErrorKind::kApiUnavailable:
      return "api_unavailable";
    case ErrorKind::kThrottled:
      return "throttled";
    case ErrorKind::kRateLimited:
      return "rate_limited";
    case ErrorKind::kClientError:
      return "client_error";
    case ErrorKind::kServerError:
      return "server_error";
    case ErrorKind::kMalformed:
      return "malformed";
    case ErrorKind::kTooLarge:
      return "too_large";
    case ErrorKind::kCredentials:
      return "credentials";
  }
  throw std::logic_error("ErrorKind out of range");
}

Error While(std::string_view doing, Error error) {
  error.message = std::string(doing) + ": " + error.message;
  return error;
}

}  // namespace exporter
