// Knows the names that the exporter toolkit, and so Go, has for what OpenSSL
// calls differently.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace exporter {

// "TLS12" → TLS1_2_VERSION. None for another than TLS10 to TLS13.
std::optional<int> ParseTlsVersion(std::string_view name);

// What OpenSSL calls the cipher suite `name`: "" for those of TLS 1.3, which
// cannot be chosen in Go either, none for one that Go does not offer.
// Source: Go, crypto/tls.CipherSuites, and what it held up to Go 1.21.
std::optional<std::string> ParseCipherSuite(std::string_view name);

// "CurveP256" → "P-256". None for an unknown name.
std::optional<std::string> ParseCurve(std::string_view name);

}  // namespace exporter
