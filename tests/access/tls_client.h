#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "support/certificates.h"
#include "support/raw_client.h"

namespace exporter {

// How a client speaks TLS. Files are PEM; what is empty is not used.
struct TlsClientOptions {
  std::string ca_file{};
  CertificateFiles certificate{};
  int version = 0;  // The only one that it speaks; 0: any.
  std::string ciphers{};
  std::string alpn{};  // In wire form: "\x02h2\x08http/1.1".
};

// What became of one GET over a connection of its own to 127.0.0.1.
struct TlsExchange {
  bool connected = false;  // As far as the client could see.
  std::string version;     // "TLSv1.3"
  std::string cipher;      // As OpenSSL calls it.
  std::string alpn;        // "http/1.1"
  long serial = 0;         // Of the server's certificate.
  std::string response;    // Up to its end; empty where the server hung up.
  std::string error;       // "tlsv13 alert certificate required"
};

TlsExchange GetOverTls(std::uint16_t port, const TlsClientOptions& options,
                       std::string_view headers = "",
                       std::string_view target = "/");

}  // namespace exporter
