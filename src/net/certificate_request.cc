#include "net/certificate_request.h"

#include <openssl/ssl.h>

namespace exporter {
namespace {

using Flag = std::shared_ptr<bool>;

void FreeFlag(void* /*parent*/, void* flag, CRYPTO_EX_DATA* /*data*/,
              int /*index*/, long /*argl*/, void* /*argp*/) {
  delete static_cast<Flag*>(flag);
}

// Where a context keeps its Flag.
int FlagIndex() {
  static const int index =
      SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &FreeFlag);
  return index;
}

// OpenSSL calls it where a certificate is asked for and none is set.
int OnRequest(SSL* ssl, X509** /*certificate*/, EVP_PKEY** /*key*/) {
  const void* flag = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), FlagIndex());
  if (flag != nullptr) **static_cast<const Flag*>(flag) = true;
  return 0;  // Go on without one.
}

}  // namespace

CertificateRequestWatch::CertificateRequestWatch(CURL* easy) {
  // Where libcurl's TLS is not OpenSSL's it refuses, and nothing is seen.
  (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &OnContext);
  (void)curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, this);
}

CURLcode CertificateRequestWatch::OnContext(CURL* /*easy*/, void* context,
                                            void* self) {
  auto* tls = static_cast<SSL_CTX*>(context);
  auto flag = std::make_unique<Flag>(
      static_cast<CertificateRequestWatch*>(self)->seen_);
  if (SSL_CTX_set_ex_data(tls, FlagIndex(), flag.get()) == 1) {
    (void)flag.release();  // The context frees it.
    SSL_CTX_set_client_cert_cb(tls, &OnRequest);
  }
  return CURLE_OK;
}

}  // namespace exporter
