#pragma once

#include <string>

#include "base/secret.h"

namespace exporter {

enum class TlsVersion { kTls10, kTls11, kTls12, kTls13 };

// Says how exchanges with one endpoint are carried. Requests with equal
// transports share connections.
struct Transport {
  // e.g. "http://user:pass@proxy:3128"; its password is why it is a secret.
  // Empty: none.
  Secret proxy_url;
  bool proxy_from_environment = false;  // HTTPS_PROXY, HTTP_PROXY, NO_PROXY.

  std::string ca_file;      // PEM. Empty: the system's.
  std::string cert_file;    // PEM, for us to show. Empty: none.
  std::string key_file;     // PEM, of cert_file.
  std::string server_name;  // To expect and to ask for; empty: the URL's host.
  TlsVersion min_version = TlsVersion::kTls12;
  bool insecure_skip_verify = false;

  bool operator==(const Transport&) const = default;
};

}  // namespace exporter
