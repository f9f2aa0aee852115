#include "access/tls_context.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/c_pointer.h"

namespace exporter {
namespace {

// All with forward secrecy; the last kind, of CBC, is for clients from before
// TLS 1.2.
constexpr char kDefaultCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES";

using Certificate = CPointer<X509, X509_free>;
using Key = CPointer<EVP_PKEY, EVP_PKEY_free>;
using Names = CPointer<GENERAL_NAMES, GENERAL_NAMES_free>;
using Bio = CPointer<BIO, BIO_free>;

Bio Reading(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// What OpenSSL complains about, without file names and numbers.
std::string Complaint() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return reason ? reason : "unknown error";
}

// The default asks for a passphrase at the terminal.
int NoPassphrase(char* /*buffer*/, int /*size*/, int /*writing*/,
                 void* /*data*/) {
  return -1;
}

std::vector<Certificate> ReadCertificates(const std::string& pem) {
  std::vector<Certificate> certificates;
  const Bio bio = Reading(pem);
  while (X509* certificate =
             PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr)) {
    certificates.emplace_back(certificate);
  }
  ERR_clear_error();  // The end of the text.
  return certificates;
}

int VerifyMode(ClientAuth client_auth) {
  switch (client_auth) {
    case ClientAuth::kNone:
      return SSL_VERIFY_NONE;
    case ClientAuth::kRequest:
    case ClientAuth::kVerifyIfGiven:
      return SSL_VERIFY_PEER;
    case ClientAuth::kRequireAny:
    case ClientAuth::kRequireAndVerify:
      return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  }
  throw std::logic_error("ClientAuth out of range");
}

// What is spoken inside. A client that offers neither, such as h2 alone, is
// told so, not left to talk to one that does not understand it. curl names
// http/1.0 where it is to speak that.
// Source: RFC 7301, section 3.2.
int SelectProtocol(SSL* /*ssl*/, const unsigned char** out,
                   unsigned char* out_size, const unsigned char* in,
                   unsigned int in_size, void* /*data*/) {
  static constexpr std::array<unsigned char, 18> kHttp1 = {
      8, 'h', 't', 't', 'p', '/', '1', '.', '1',
      8, 'h', 't', 't', 'p', '/', '1', '.', '0'};
  unsigned char* selected = nullptr;
  const int found = SSL_select_next_proto(&selected, out_size, kHttp1.data(),
                                          kHttp1.size(), in, in_size);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = selected;
  return SSL_TLSEXT_ERR_OK;
}

std::string_view Text(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::optional<std::string> ToText(const GENERAL_NAME& name) {
  switch (name.type) {
    case GEN_DNS:
      return std::string(Text(name.d.dNSName));
    case GEN_EMAIL:
      return std::string(Text(name.d.rfc822Name));
    case GEN_URI:
      return std::string(Text(name.d.uniformResourceIdentifier));
    case GEN_IPADD: {
      const std::string_view bytes = Text(name.d.iPAddress);
      if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
      std::array<char, INET6_ADDRSTRLEN> text{};
      inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(),
                text.data(), text.size());
      return text.data();
    }
    default:
      return std::nullopt;
  }
}

bool HasOneOf(const std::vector<std::string>& allowed, const X509* leaf) {
  const Names names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto name = ToText(*sk_GENERAL_NAME_value(names.get(), i));
    if (name && std::ranges::find(allowed, *name) != allowed.end()) return true;
  }
  return false;
}

// Whether all of a chain that was verified may prove who a client is. OpenSSL's
// own check does not know of the purpose that stands for any.
bool IsForClients(X509_STORE_CTX* chain) {
  STACK_OF(X509)* const certificates = X509_STORE_CTX_get0_chain(chain);
  for (int i = 0; i < sk_X509_num(certificates); ++i) {
    const std::uint32_t usage =  // All bits are set where none is named.
        X509_get_extended_key_usage(sk_X509_value(certificates, i));
    if ((usage & (XKU_SSL_CLIENT | XKU_ANYEKU)) == 0) return false;
  }
  return true;
}

int VerifyClient(X509_STORE_CTX* chain, void* context) {
  return static_cast<const TlsContext*>(context)->Admits(chain) ? 1 : 0;
}

// One attempt at a context: what it is given, and where its faults go.
struct Setup {
  SSL_CTX* context;
  const TlsSettings& settings;
  const TlsContext::OnFault& fault;
  using Part = TlsContext::Part;

  void UseCertificates() const {
    std::vector<Certificate> chain = ReadCertificates(settings.certificates);
    if (chain.empty()) {
      return fault(Part::kCertificate, "holds no PEM certificate");
    }
    if (SSL_CTX_use_certificate(context, chain.front().get()) != 1) {
      return fault(Part::kCertificate, Complaint());
    }
    for (std::size_t i = 1; i < chain.size(); ++i) {
      // Takes the certificate over when it succeeds.
      if (SSL_CTX_add0_chain_cert(context, chain[i].get()) != 1) {
        return fault(Part::kCertificate, Complaint());
      }
      (void)chain[i].release();
    }
  }

  void UseKey() const {
    const Bio bio = Reading(settings.key.Reveal());
    const Key key(
        PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
    if (!key) {
      ERR_clear_error();
      return fault(Part::kKey, "holds no PEM key without passphrase");
    }
    // A key of another type than the certificate's is taken without a word.
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
      ERR_clear_error();
      return fault(Part::kKey, "does not belong to the certificate");
    }
  }

  void UseClientCa() const {
    if (!settings.client_ca) {
      SSL_CTX_set_default_verify_paths(context);
      return;
    }
    const std::vector<Certificate> trusted =
        ReadCertificates(*settings.client_ca);
    if (trusted.empty()) fault(Part::kClientCa, "holds no PEM certificate");
    // What is named is trusted, be it an intermediate authority or a client
    // itself, though no root is there that signed itself.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context),
                                X509_V_FLAG_PARTIAL_CHAIN);
    for (const Certificate& ca : trusted) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca.get());
      SSL_CTX_add_client_CA(context, ca.get());
    }
  }

  void UseAlgorithms() const {
    // OpenSSL takes TLS 1.0 and 1.1, with their SHA-1, for no security at all.
    if (settings.min_version < TLS1_2_VERSION) {
      SSL_CTX_set_security_level(context, 0);
    }
    SSL_CTX_set_min_proto_version(context, settings.min_version);
    SSL_CTX_set_max_proto_version(context, settings.max_version);
    const char* ciphers =
        settings.ciphers.empty() ? kDefaultCiphers : settings.ciphers.c_str();
    if (SSL_CTX_set_cipher_list(context, ciphers) != 1) {
      fault(Part::kCiphers, Complaint());
    }
    if (!settings.groups.empty() &&
        SSL_CTX_set1_groups_list(context, settings.groups.c_str()) != 1) {
      fault(Part::kGroups, Complaint());
    }
  }
};

}  // namespace

TlsContext::TlsContext(const TlsSettings& settings)
    : client_auth_(settings.client_auth),
      client_allowed_sans_(settings.client_allowed_sans),
      context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {}

std::shared_ptr<const TlsContext> TlsContext::Make(const TlsSettings& settings,
                                                   const OnFault& on_fault) {
  const std::shared_ptr<TlsContext> made(new TlsContext(settings));
  SSL_CTX* context = made->context_.get();
  if (!context) throw std::runtime_error("OpenSSL: no context");
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET |
                                   SSL_OP_NO_COMPRESSION);
  if (settings.prefer_server_ciphers) {
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  }
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context, SelectProtocol, nullptr);
  SSL_CTX_set_verify(context, VerifyMode(settings.client_auth), nullptr);
  SSL_CTX_set_cert_verify_callback(context, VerifyClient, made.get());
  SSL_CTX_set_purpose(context, X509_PURPOSE_ANY);  // See IsForClients.

  bool is_sound = true;
  const OnFault report = [&](Part part, std::string what) {
    is_sound = false;
    on_fault(part, std::move(what));
  };
  const Setup setup{.context = context, .settings = settings, .fault = report};
  setup.UseAlgorithms();
  setup.UseCertificates();
  setup.UseKey();
  if (settings.client_auth != ClientAuth::kNone) setup.UseClientCa();
  return is_sound ? made : nullptr;
}

std::shared_ptr<SSL_CTX> TlsContext::Context() const {
  return {shared_from_this(), context_.get()};
}

bool TlsContext::Admits(X509_STORE_CTX* chain) const {
  const bool verifies = client_auth_ == ClientAuth::kVerifyIfGiven ||
                        client_auth_ == ClientAuth::kRequireAndVerify;
  if (verifies && X509_verify_cert(chain) != 1) return false;
  if (verifies && !IsForClients(chain)) {
    X509_STORE_CTX_set_error(chain, X509_V_ERR_INVALID_PURPOSE);
    return false;
  }
  if (!client_allowed_sans_ ||
      HasOneOf(*client_allowed_sans_, X509_STORE_CTX_get0_cert(chain))) {
    return true;
  }
  X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
  return false;
}

}  // namespace exporter
