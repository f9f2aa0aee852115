#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access/tls_settings.h"

using SSL_CTX = struct ssl_ctx_st;
using X509_STORE_CTX = struct x509_store_ctx_st;

namespace exporter {

// TLS settings that were found to work. Sessions are not resumed: a client
// whose certificate is no longer wanted must not come back by an old one. Safe
// for concurrent use.
class TlsContext : public std::enable_shared_from_this<TlsContext> {
 public:
  enum class Part { kCertificate, kKey, kClientCa, kCiphers, kGroups };
  using OnFault = std::function<void(Part, std::string what)>;

  // Null after any fault; reports all of them.
  static std::shared_ptr<const TlsContext> Make(const TlsSettings& settings,
                                                const OnFault& on_fault);

  // What connections are made of; keeps this object alive.
  [[nodiscard]] std::shared_ptr<SSL_CTX> Context() const;

  // For OpenSSL's callback: whether the certificate at hand is let in.
  [[nodiscard]] bool Admits(X509_STORE_CTX* chain) const;

 private:
  explicit TlsContext(const TlsSettings& settings);

  ClientAuth client_auth_;
  std::optional<std::vector<std::string>> client_allowed_sans_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
};

}  // namespace exporter
