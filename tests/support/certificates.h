#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

namespace exporter {

// A certificate and its key, in PEM files.
struct CertificateFiles {
  std::string cert_file;
  std::string key_file;
};

// An authority of a test's own: makes real certificates, at once, in a folder
// that is gone when this object is.
class TestAuthority {
 public:
  TestAuthority();
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  // The certificate that vouches for all the others.
  [[nodiscard]] std::string CaFile() const;

  // A certificate for `names`, in the form of OpenSSL's subjectAltName, e.g.
  // "DNS:localhost,IP:127.0.0.1". Expired if `lifetime` is negative.
  CertificateFiles Issue(const std::string& names,
                         std::chrono::hours lifetime = std::chrono::hours(1));

  // The folder, for files of the test.
  [[nodiscard]] const std::filesystem::path& Folder() const { return folder_; }

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

  Certificate Make(const std::string& common_name, const std::string& names,
                   EVP_PKEY* key, std::chrono::hours lifetime);

  std::filesystem::path folder_;
  Key key_;
  Certificate certificate_;
  long last_serial_ = 0;
};

}  // namespace exporter
