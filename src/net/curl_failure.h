// Why libcurl gave an exchange up, in our words. Pure.

#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"

namespace exporter {

struct CurlFailure {
  enum class Phase { kLookup, kConnect, kWait, kRead };

  CURLcode code;
  Phase phase;              // How far it came.
  std::string_view detail;  // libcurl's own words.
  int system_error = 0;     // An errno; counts only where it is of this code.
  long proxy_status = 0;    // What the proxy answered to CONNECT; 0: nothing.
  long proxy_error = 0;     // CURLPX_…, of a SOCKS proxy; 0: none.
  bool certificate_was_wanted = false;  // In TLS, and we had none to show.
  std::string_view certificate_error;   // Why we refused the server's.
  bool in_proxy_tls = false;            // TLS that failed is the proxy's own.
  std::size_t max_body_bytes = 0;
  bool reply_began = false;      // A line of it came.
  std::string largest_header;    // Of the request: its name,
  std::size_t header_bytes = 0;  // the bytes of its value.
  std::string host;              // Who was asked: "example.com:8443",
  std::string proxy;             // and by whom: "proxy:3128"; empty: directly.
};

// Errors: kTimeout, kConnect, kTls, kTooLarge as in fetcher.h; kMalformed if
//         the body cannot be decompressed. The message names who failed: the
//         endpoint, or the proxy before it.
Error Explain(const CurlFailure& failure);

}  // namespace exporter
