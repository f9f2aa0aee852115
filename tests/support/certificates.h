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
  TestAuthority() : TestAuthority("test authority", nullptr) {}
  // One that `root` vouches for.
  TestAuthority(const std::string& name, const TestAuthority& root)
      : TestAuthority(name, &root) {}
  ~TestAuthority();
  TestAuthority(const TestAuthority&) = delete;
  TestAuthority& operator=(const TestAuthority&) = delete;

  // The certificate that vouches for all that this one issues.
  [[nodiscard]] std::string CaFile() const;

  // A certificate for `names`, in the form of OpenSSL's subjectAltName, e.g.
  // "DNS:localhost,IP:127.0.0.1". Expired if `lifetime` is negative. `usage` is
  // an extendedKeyUsage, e.g. "serverAuth"; without it the certificate has
  // none.
  CertificateFiles Issue(const std::string& names,
                         std::chrono::hours lifetime = std::chrono::hours(1),
                         const std::string& usage = "");

  // A key of RSA, which belongs to no certificate: all of them are of EC.
  std::string IssueStrayKey();

  // The folder, for files of the test.
  [[nodiscard]] const std::filesystem::path& Folder() const { return folder_; }

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

  TestAuthority(const std::string& name, const TestAuthority* root);

  Certificate MakeAuthority(const std::string& name, const TestAuthority* root);
  Certificate Make(const std::string& common_name, EVP_PKEY* key,
                   std::chrono::hours lifetime, X509* issuer);
  [[nodiscard]] std::string WriteKey(const std::string& name,
                                     EVP_PKEY* key) const;

  std::filesystem::path folder_;
  Key key_;
  Certificate certificate_;
  long last_serial_ = 0;
};

}  // namespace exporter
