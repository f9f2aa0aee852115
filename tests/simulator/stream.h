// The bytes of one connection, plain or through TLS.

#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace simulator {

using TlsContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

// A server's TLS settings from PEM files. With `client_ca_file`, clients must
// show a certificate of that authority.
// Errors: kConfig, when a file cannot be used.
exporter::Result<TlsContext> MakeTlsContext(const std::string& cert_file,
                                            const std::string& key_file,
                                            const std::string& client_ca_file);

// Owns a non-blocking socket. Not safe for concurrent use.
class Stream {
 public:
  enum class Outcome {
    kBytes,      // At least one byte moved.
    kWantRead,   // Try again when the socket can be read.
    kWantWrite,  // Try again when it can be written.
    kEnd,        // The other side is done, or the line broke.
  };
  struct Moved {
    Outcome outcome;
    std::size_t bytes = 0;
  };

  // Speaks TLS if `tls` is not null.
  Stream(int fd, SSL_CTX* tls);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Moved Read(std::span<char> buffer);
  Moved Write(std::string_view bytes);

  // The close in the destructor will send a RST and drop what is unsent.
  void ResetWhenClosed();

  // Whether bytes may wait inside of TLS, where epoll does not see them.
  [[nodiscard]] bool IsTls() const { return ssl_ != nullptr; }

 private:
  Moved TlsOutcome(int result);

  int fd_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
};

}  // namespace simulator
