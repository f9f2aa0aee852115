#include "net/handshake_watch.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace exporter {
namespace {

using SeenByAll = std::shared_ptr<HandshakeWatch::Seen>;

void FreeSeen(void* /*parent*/, void* seen, CRYPTO_EX_DATA* /*data*/,
              int /*index*/, long /*argl*/, void* /*argp*/) {
  delete static_cast<SeenByAll*>(seen);
}

// Where a context keeps its SeenByAll.
int SeenIndex() {
  static const int index =
      SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &FreeSeen);
  return index;
}

HandshakeWatch::Seen* SeenOf(const SSL* ssl) {
  const auto* seen = static_cast<const SeenByAll*>(
      SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), SeenIndex()));
  return seen != nullptr ? seen->get() : nullptr;
}

// OpenSSL calls it where a certificate is asked for and none is set.
int OnRequest(SSL* ssl, X509** /*certificate*/, EVP_PKEY** /*key*/) {
  if (auto* seen = SeenOf(ssl)) seen->certificate_wanted = true;
  return 0;  // Go on without one.
}

// OpenSSL calls it at each step, and of each alert with that.
void OnInfo(const SSL* ssl, int where, int alert) {
  if ((where & SSL_CB_WRITE_ALERT) != SSL_CB_WRITE_ALERT) return;
  const long verdict = SSL_get_verify_result(ssl);
  if (alert >> 8 != SSL3_AL_FATAL || verdict == X509_V_OK ||
      SSL_get_verify_mode(ssl) == SSL_VERIFY_NONE) {
    return;
  }
  if (auto* seen = SeenOf(ssl)) {
    seen->certificate_error = X509_verify_cert_error_string(verdict);
  }
}

}  // namespace

HandshakeWatch::HandshakeWatch(CURL* easy) {
  // Where libcurl's TLS is not OpenSSL's it refuses, and nothing is seen.
  (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &OnContext);
  (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, this);
}

CURLcode HandshakeWatch::OnContext(CURL* /*easy*/, void* context, void* self) {
  auto* tls = static_cast<SSL_CTX*>(context);
  auto seen =
      std::make_unique<SeenByAll>(static_cast<HandshakeWatch*>(self)->seen_);
  if (SSL_CTX_set_ex_data(tls, SeenIndex(), seen.get()) == 1) {
    (void)seen.release();  // The context frees it.
    SSL_CTX_set_client_cert_cb(tls, &OnRequest);
    SSL_CTX_set_info_callback(tls, &OnInfo);
  }
  return CURLE_OK;
}

}  // namespace exporter
