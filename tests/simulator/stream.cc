#include "stream.h"

#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace simulator {

using exporter::ErrorKind;
using exporter::Fail;

exporter::Result<TlsContext> MakeTlsContext(const std::string& cert_file,
                                            const std::string& key_file,
                                            const std::string& client_ca_file) {
  TlsContext context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  if (SSL_CTX_use_certificate_chain_file(context.get(), cert_file.c_str()) !=
      1) {
    return Fail(ErrorKind::kConfig, cert_file + ": no usable certificate");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(),
                                  SSL_FILETYPE_PEM) != 1) {
    return Fail(ErrorKind::kConfig,
                key_file + ": no private key of that certificate");
  }
  if (!client_ca_file.empty()) {
    if (SSL_CTX_load_verify_file(context.get(), client_ca_file.c_str()) != 1) {
      return Fail(ErrorKind::kConfig, client_ca_file + ": no usable authority");
    }
    SSL_CTX_set_verify(context.get(),
                       SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       nullptr);
    // Sessions of verified clients are resumed only with a context to bind to.
    constexpr unsigned char kContext[] = "simulator";
    SSL_CTX_set_session_id_context(context.get(), kContext, sizeof(kContext));
  }
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  return context;
}

Stream::Stream(int fd, SSL_CTX* tls)
    : fd_(fd), ssl_(tls == nullptr ? nullptr : SSL_new(tls), &SSL_free) {
  if (ssl_ == nullptr) return;
  SSL_set_fd(ssl_.get(), fd_);
  SSL_set_accept_state(ssl_.get());
}

Stream::~Stream() { close(fd_); }

Stream::Moved Stream::Read(std::span<char> buffer) {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    return TlsOutcome(
        SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size())));
  }
  const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
  if (got > 0) return {Outcome::kBytes, static_cast<std::size_t>(got)};
  return {got < 0 && errno == EAGAIN ? Outcome::kWantRead : Outcome::kEnd};
}

Stream::Moved Stream::Write(std::string_view bytes) {
  if (ssl_ != nullptr) {
    ERR_clear_error();
    return TlsOutcome(
        SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())));
  }
  const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent > 0) return {Outcome::kBytes, static_cast<std::size_t>(sent)};
  return {sent < 0 && errno == EAGAIN ? Outcome::kWantWrite : Outcome::kEnd};
}

void Stream::ResetWhenClosed() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

Stream::Moved Stream::TlsOutcome(int result) {
  if (result > 0) return {Outcome::kBytes, static_cast<std::size_t>(result)};
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {Outcome::kWantRead};
    case SSL_ERROR_WANT_WRITE:
      return {Outcome::kWantWrite};
    default:
      return {Outcome::kEnd};
  }
}

}  // namespace simulator
