#include "tls_client.h"

#include <openssl/err.h>

#include <array>

namespace exporter {
namespace {

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using Ssl = std::unique_ptr<SSL, decltype(&SSL_free)>;

Context MakeContext(const TlsClientOptions& options) {
  Context context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (options.version != 0) {
    SSL_CTX_set_min_proto_version(context.get(), options.version);
    SSL_CTX_set_max_proto_version(context.get(), options.version);
    // Or OpenSSL speaks no TLS 1.0 and 1.1.
    if (options.version < TLS1_2_VERSION) {
      SSL_CTX_set_security_level(context.get(), 0);
    }
  }
  if (!options.ciphers.empty()) {
    SSL_CTX_set_cipher_list(context.get(), options.ciphers.c_str());
  }
  if (!options.ca_file.empty()) {
    SSL_CTX_load_verify_locations(context.get(), options.ca_file.c_str(),
                                  nullptr);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  }
  const CertificateFiles& own = options.certificate;
  if (!own.cert_file.empty()) {
    SSL_CTX_use_certificate_chain_file(context.get(), own.cert_file.c_str());
    SSL_CTX_use_PrivateKey_file(context.get(), own.key_file.c_str(),
                                SSL_FILETYPE_PEM);
  }
  if (!options.alpn.empty()) {
    SSL_CTX_set_alpn_protos(
        context.get(),
        reinterpret_cast<const unsigned char*>(options.alpn.data()),
        static_cast<unsigned>(options.alpn.size()));
  }
  return context;
}

std::string TakeError() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason == nullptr ? "" : reason;
}

std::string ReadResponse(SSL* ssl) {
  std::string response;
  std::array<char, 65536> bytes;
  int size = 0;
  while ((size = SSL_read(ssl, bytes.data(), bytes.size())) > 0) {
    response.append(bytes.data(), static_cast<std::size_t>(size));
  }
  return response;
}

}  // namespace

TlsExchange GetOverTls(std::uint16_t port, const TlsClientOptions& options,
                       std::string_view headers, std::string_view target) {
  TlsExchange exchange;
  const Context context = MakeContext(options);
  const RawClient socket(port);
  const Ssl ssl(SSL_new(context.get()), SSL_free);
  SSL_set_fd(ssl.get(), socket.Fd());
  exchange.connected = SSL_connect(ssl.get()) == 1;
  if (!exchange.connected) {
    exchange.error = TakeError();
    return exchange;
  }
  exchange.version = SSL_get_version(ssl.get());
  exchange.cipher = SSL_get_cipher_name(ssl.get());
  const unsigned char* alpn = nullptr;
  unsigned alpn_size = 0;
  SSL_get0_alpn_selected(ssl.get(), &alpn, &alpn_size);
  if (alpn) exchange.alpn.assign(alpn, alpn + alpn_size);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(
      SSL_get1_peer_certificate(ssl.get()), X509_free);
  exchange.serial = ASN1_INTEGER_get(X509_get0_serialNumber(certificate.get()));

  const std::string request = "GET " + std::string(target) +
                              " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
                              std::string(headers) + "\r\n";
  SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
  exchange.response = ReadResponse(ssl.get());
  exchange.error = TakeError();
  return exchange;
}

}  // namespace exporter
