#include "config/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

namespace exporter {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

std::unique_ptr<BIO, Free> Open(const std::string& pem) {
  return std::unique_ptr<BIO, Free>(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// Never asks at the terminal, as OpenSSL would by itself.
int NoPassword(char* /*buffer*/, int /*size*/, int /*for_writing*/,
               void* /*context*/) {
  return -1;
}

std::unique_ptr<X509, Free> FirstCertificate(const std::string& pem) {
  return std::unique_ptr<X509, Free>(
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
  const std::unique_ptr<EVP_PKEY, Free> private_key(
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
