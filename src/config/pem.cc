#include "config/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/c_pointer.h"

namespace exporter {
namespace {

using Bio = CPointer<BIO, BIO_free>;
using X509Certificate = CPointer<X509, X509_free>;

Bio Open(const std::string& pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// Never asks at the terminal, as OpenSSL would by itself.
int NoPassword(char* /*buffer*/, int /*size*/, int /*for_writing*/,
               void* /*context*/) {
  return -1;
}

X509Certificate FirstCertificate(const std::string& pem) {
  return X509Certificate(
      PEM_read_bio_X509(Open(pem).get(), nullptr, NoPassword, nullptr));
}

}  // namespace

std::string WhyNotCertificates(const std::string& pem) {
  const bool has_one = FirstCertificate(pem) != nullptr;
  ERR_clear_error();
  return has_one ? "" : "holds no certificate in PEM form";
}

std::string WhyNotKeyOf(const std::string& certificate,
                        const std::string& key) {
  const CPointer<EVP_PKEY, EVP_PKEY_free> private_key(
      PEM_read_bio_PrivateKey(Open(key).get(), nullptr, NoPassword, nullptr));
  const auto owner = FirstCertificate(certificate);
  const bool fits = private_key != nullptr && owner != nullptr &&
                    X509_check_private_key(owner.get(), private_key.get()) == 1;
  ERR_clear_error();
  if (private_key == nullptr) {
    return "holds no private key in PEM form without a password";
  }
  return fits || owner == nullptr ? "" : "is not the key of 'cert_file'";
}

}  // namespace exporter
