// Sees in the handshakes of TLS what libcurl does not tell of them.

#pragma once

#include <curl/curl.h>

#include <memory>
#include <string_view>

namespace exporter {

// Not safe for concurrent use: it belongs to the thread of its handle.
class HandshakeWatch {
 public:
  // What a handshake came to since Forget.
  struct Seen {
    // A server asked for a certificate, and the handle had none to show. In TLS
    // 1.3 it refuses after the handshake, and closes: whoever writes just then
    // learns of a broken pipe, and never reads the refusal.
    bool certificate_wanted = false;
    // Why we refused the server's, in OpenSSL's words; empty: we did not.
    // Within the TLS of a proxy libcurl forgets that (7.88 to 8.22): to send
    // the alert, it clears OpenSSL's errors.
    std::string_view certificate_error;
  };

  // Watches the handshakes of `easy`, which must not outlive this object.
  explicit HandshakeWatch(CURL* easy);
  HandshakeWatch(const HandshakeWatch&) = delete;
  HandshakeWatch& operator=(const HandshakeWatch&) = delete;

  void Forget() { *seen_ = {}; }
  [[nodiscard]] const Seen& Last() const { return *seen_; }

 private:
  static CURLcode OnContext(CURL* easy, void* context, void* self);

  // Shared with the connections, which outlive the handle.
  const std::shared_ptr<Seen> seen_ = std::make_shared<Seen>();
};

}  // namespace exporter
