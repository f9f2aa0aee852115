// Sees whether a TLS server asks for a certificate of its clients. In TLS 1.3
// it refuses one that has none after the handshake, and closes: whoever writes
// just then learns of a broken pipe, and never reads the refusal.

#pragma once

#include <curl/curl.h>

#include <memory>

namespace exporter {

// Not safe for concurrent use: it belongs to the thread of its handle.
class CertificateRequestWatch {
 public:
  // Watches the handshakes of `easy`, which must not outlive this object.
  explicit CertificateRequestWatch(CURL* easy);
  CertificateRequestWatch(const CertificateRequestWatch&) = delete;
  CertificateRequestWatch& operator=(const CertificateRequestWatch&) = delete;

  void Forget() { *seen_ = false; }

  // Whether a server asked in a handshake since then, while the handle had no
  // certificate to show.
  [[nodiscard]] bool Seen() const { return *seen_; }

 private:
  static CURLcode OnContext(CURL* easy, void* context, void* self);

  // Shared with the connections, which outlive the handle.
  const std::shared_ptr<bool> seen_ = std::make_shared<bool>(false);
};

}  // namespace exporter
