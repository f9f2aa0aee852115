#include "support/certificates.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace exporter {
namespace {

// What makes a test's files fails only where the machine is broken.
template <typename T>
T Require(T value) {
  if (!value) throw std::runtime_error("making a test certificate failed");
  return value;
}

template <typename Write>
void WriteFile(const std::string& path, Write write) {
  std::FILE* file = Require(std::fopen(path.c_str(), "w"));
  const int written = write(file);
  std::fclose(file);
  Require(written);
}

void AddExtension(X509* certificate, X509* issuer, int which,
                  const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension =
      Require(X509V3_EXT_conf_nid(nullptr, &context, which, value.c_str()));
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

TestAuthority::TestAuthority(const std::string& name, const TestAuthority* root)
    : folder_(std::filesystem::temp_directory_path() / "authority-XXXXXX"),
      key_(Require(EVP_EC_gen("P-256")), &EVP_PKEY_free),
      certificate_(nullptr, &X509_free) {
  std::string path = folder_.string();
  folder_ = Require(mkdtemp(path.data()));
  certificate_ = MakeAuthority(name, root);
  WriteFile(CaFile(), [&](std::FILE* file) {
    return PEM_write_X509(file, certificate_.get());
  });
}

TestAuthority::~TestAuthority() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string TestAuthority::CaFile() const { return folder_ / "ca.pem"; }

CertificateFiles TestAuthority::Issue(const std::string& names,
                                      std::chrono::hours lifetime,
                                      const std::string& usage) {
  const Key key(Require(EVP_EC_gen("P-256")), &EVP_PKEY_free);
  X509* const issuer = certificate_.get();
  const Certificate certificate = Make("test", key.get(), lifetime, issuer);
  AddExtension(certificate.get(), issuer, NID_basic_constraints, "CA:FALSE");
  AddExtension(certificate.get(), issuer, NID_subject_alt_name, names);
  if (!usage.empty()) {
    AddExtension(certificate.get(), issuer, NID_ext_key_usage, usage);
  }
  Require(X509_sign(certificate.get(), key_.get(), EVP_sha256()));

  const std::string serial = std::to_string(last_serial_);
  CertificateFiles files{.cert_file = folder_ / ("cert-" + serial + ".pem"),
                         .key_file = WriteKey("key-" + serial, key.get())};
  WriteFile(files.cert_file, [&](std::FILE* file) {
    return PEM_write_X509(file, certificate.get());
  });
  return files;
}

std::string TestAuthority::IssueStrayKey() {
  const Key key(Require(EVP_RSA_gen(2048)), &EVP_PKEY_free);
  return WriteKey("stray", key.get());
}

std::string TestAuthority::WriteKey(const std::string& name,
                                    EVP_PKEY* key) const {
  std::string path = folder_ / (name + ".pem");
  WriteFile(path, [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr,
                                nullptr);
  });
  return path;
}

TestAuthority::Certificate TestAuthority::MakeAuthority(
    const std::string& name, const TestAuthority* root) {
  X509* const above = root ? root->certificate_.get() : nullptr;
  Certificate made = Make(name, key_.get(), std::chrono::hours(24), above);
  X509* const issuer = above ? above : made.get();
  AddExtension(made.get(), issuer, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(made.get(), issuer, NID_key_usage,
               "critical,keyCertSign,cRLSign");
  EVP_PKEY* const key = root ? root->key_.get() : key_.get();
  Require(X509_sign(made.get(), key, EVP_sha256()));
  return made;
}

// Without extensions and signature. `issuer` is null where it is its own.
TestAuthority::Certificate TestAuthority::Make(const std::string& common_name,
                                               EVP_PKEY* key,
                                               std::chrono::hours lifetime,
                                               X509* issuer) {
  using std::chrono::seconds;
  Certificate certificate(Require(X509_new()), &X509_free);
  X509* raw = certificate.get();
  X509_set_version(raw, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(raw), ++last_serial_);
  const seconds end(lifetime);
  const seconds begin = std::min(seconds(-60), end - seconds(3600));
  X509_gmtime_adj(X509_getm_notBefore(raw), begin.count());
  X509_gmtime_adj(X509_getm_notAfter(raw), end.count());
  X509_NAME_add_entry_by_txt(
      X509_get_subject_name(raw), "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  X509_set_issuer_name(raw, X509_get_subject_name(issuer ? issuer : raw));
  X509_set_pubkey(raw, key);
  return certificate;
}

}  // namespace exporter
