#include "http/tls_channel.h"

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/c_pointer.h"
#include "base/log.h"

namespace exporter {
namespace {

using Ssl = CPointer<SSL, SSL_free>;

// "10.1.2.3"; empty where it has left.
std::string PeerName(int socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  std::array<char, NI_MAXHOST> host{};
  if (getpeername(socket, address, &size) != 0 ||
      getnameinfo(address, size, host.data(), host.size(), nullptr, 0,
                  NI_NUMERICHOST) != 0) {
    return "";
  }
  return host.data();
}

class TlsChannel final : public Channel {
 public:
  TlsChannel(std::shared_ptr<SSL_CTX> context, TlsFailureLog& failures, Ssl ssl)
      : context_(std::move(context)),
        failures_(failures),
        ssl_(std::move(ssl)) {}

  IoState Handshake() override {
    ERR_clear_error();
    const int result = SSL_accept(ssl_.get());
    if (result == 1) return IoState::kDone;
    const unsigned long error = ERR_peek_last_error();
    if (ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST) AnswerPlainHttp();
    const IoState state = StateAfter(result);
    if (state == IoState::kClosed) TellWhy(error);
    return state;
  }

  IoResult Read(std::span<char> into) override {
    ERR_clear_error();
    std::size_t bytes = 0;
    const int result =
        SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes);
    if (result == 1) return {IoState::kDone, bytes};
    return {StateAfter(result)};
  }

  IoResult Write(std::string_view bytes) override {
    ERR_clear_error();
    std::size_t written = 0;
    const int result =
        SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written);
    if (result == 1) return {IoState::kDone, written};
    return {StateAfter(result)};
  }

  void EndWriting() override {
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    shutdown(SSL_get_fd(ssl_.get()), SHUT_WR);
  }

 private:
  [[nodiscard]] IoState StateAfter(int result) const {
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        return IoState::kWantsRead;
      case SSL_ERROR_WANT_WRITE:
        return IoState::kWantsWrite;
      default:
        return IoState::kClosed;
    }
  }

  // Who merely left is no news.
  void TellWhy(unsigned long error) const {
    if (error == 0 ||
        ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
      return;
    }
    const char* reason = ERR_reason_error_string(error);
    std::string text = reason == nullptr ? "unknown" : reason;
    const long verdict = SSL_get_verify_result(ssl_.get());
    if (verdict != X509_V_OK) {
      text += std::string(": ") + X509_verify_cert_error_string(verdict);
    }
    failures_.Tell(PeerName(SSL_get_fd(ssl_.get())), std::move(text));
  }

  // Someone typed http:// for https://: the one mistake worth an answer.
  void AnswerPlainHttp() const {
    constexpr std::string_view kAnswer =
        "HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain\r\n\r\n"
        "This port speaks HTTPS, not HTTP.\n";
    (void)send(SSL_get_fd(ssl_.get()), kAnswer.data(), kAnswer.size(),
               MSG_NOSIGNAL);
  }

  // `ssl_` holds the context itself, but not what its callbacks look at.
  std::shared_ptr<SSL_CTX> context_;
  TlsFailureLog& failures_;
  Ssl ssl_;
};

}  // namespace

void TlsFailureLog::Tell(std::string client, std::string error) {
  constexpr std::chrono::seconds kBetweenWarnings(60);
  const Deadline now = SystemClock().SteadyNow();
  Deadline due = next_warning_.load();
  const bool warns = now >= due && next_warning_.compare_exchange_strong(
                                       due, now + kBetweenWarnings);
  Log(warns ? LogLevel::kWarn : LogLevel::kDebug, "TLS with a client failed",
      {{"client", std::move(client)}, {"error", std::move(error)}});
}

std::unique_ptr<Channel> MakeTlsChannel(std::shared_ptr<SSL_CTX> context,
                                        TlsFailureLog& failures, int socket) {
  Ssl ssl(SSL_new(context.get()));
  if (!ssl || SSL_set_fd(ssl.get(), socket) != 1) return nullptr;
  return std::make_unique<TlsChannel>(std::move(context), failures,
                                      std::move(ssl));
}

}  // namespace exporter
