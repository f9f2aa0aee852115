// SDK-HMAC-SHA256 as the gateway verifies it. Written apart from the exporter's
// signer, from the vendor's description, so that each checks the other.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "request.h"

namespace simulator {

// What an Authorization header says; views into it.
struct Authorization {
  std::string_view access_key;
  std::vector<std::string_view> signed_headers;
  std::string_view signature;
};

// "SDK-HMAC-SHA256 Access=AK, SignedHeaders=a;b, Signature=hex". None if
// `header` says anything else.
std::optional<Authorization> ParseAuthorization(std::string_view header);

// The text that was signed, from the request as it came over the wire.
std::string CanonicalRequest(
    const Request& request,
    const std::vector<std::string_view>& signed_headers);

// The signature, in hexadecimal, that a client with `secret` must have sent.
std::string Signature(std::string_view secret, std::string_view sdk_date,
                      std::string_view canonical_request);

// SHA-256 in hexadecimal.
std::string HexSha256(std::string_view text);

}  // namespace simulator
