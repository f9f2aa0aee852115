#include "access/tls_section.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "access/tls_context.h"
#include "access/tls_names.h"

namespace exporter {
namespace {

constexpr std::size_t kMaxPemBytes = std::size_t{1024} * 1024;
constexpr std::string_view kSans = "client_allowed_sans";

// A text that is given outright or in a file.
struct Pem {
  std::string_view key;  // Where faults belong.
  std::string text;      // Empty: not given, or at fault.
};

std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  return quoted.append(text).append("'");
}

std::string Beside(const std::string& config_file, const std::string& path) {
  return (std::filesystem::path(config_file).parent_path() / path).string();
}

// `node` with nulls in place of empty texts and lists, held by `storage`: they
// are unset, as in the toolkit. Templates write them. Not so the list of those
// who are let in: there, empty is not the same as unset.
YamlNode WithoutEmpty(YamlNode node, YamlContent& storage) {
  static const YamlContent kNull;
  storage = *node.content;
  for (YamlEntry& entry : storage.entries) {
    const YamlContent& value = *entry.value.content;
    const bool is_text = value.kind == YamlContent::Kind::kScalar;
    const bool is_list =
        value.kind == YamlContent::Kind::kSequence && entry.key != kSans;
    if ((is_text && value.text.empty()) || (is_list && value.items.empty())) {
      entry.value.content = &kNull;
    }
  }
  node.content = &storage;
  return node;
}

// Without any of these the toolkit speaks plain HTTP.
bool WantsTls(const Section& section) {
  return std::ranges::any_of(
      std::array{"cert", "cert_file", "key", "key_file", "client_ca",
                 "client_ca_file", "client_auth_type"},
      [&](const char* key) { return section.Find(key) != nullptr; });
}

Pem ReadPem(const Section& section, std::string_view key,
            std::string_view file_key, bool is_required, FileRecord& files) {
  const YamlNode* inline_node = section.Find(key);
  const YamlNode* file_node = section.Find(file_key);
  if (inline_node && file_node) {
    section.Add(file_key, Quoted(key) + " is given as well");
  }
  if (inline_node && inline_node->content->kind == YamlContent::Kind::kScalar) {
    return {.key = key, .text = inline_node->content->text};
  }
  if (inline_node) {
    section.Add(key, "must be text in PEM form");
    return {.key = key, .text = {}};
  }
  if (!file_node && is_required) {
    section.Add(file_key, "is missing");
  }
  std::string path;
  if (!section.ReadText(file_key, path)) return {.key = file_key, .text = {}};
  Result<FileText> file =
      files.Read(Beside(section.sink().file, path), kMaxPemBytes);
  if (!file) {
    section.Add(file_key, Quoted(Printable(path)) + " " + file.error().message);
    return {.key = file_key, .text = {}};
  }
  return {.key = file_key, .text = std::move(file->text)};
}

// Those items of the list at `key` that are texts.
std::vector<YamlNode> ReadTexts(const Section& section, std::string_view key) {
  std::vector<YamlNode> texts;
  const std::vector<YamlNode>* items = section.ReadList(key);
  if (!items) return texts;
  for (const YamlNode& item : *items) {
    const bool is_text = item.content->kind == YamlContent::Kind::kScalar;
    if (!is_text || WhyNotText(item.content->text)) {
      section.sink().Add(item, std::string(key) + ": must be a list of texts");
    } else {
      texts.push_back(item);
    }
  }
  return texts;
}

// The list at `key`, each name translated by `parse`, joined by colons. Names
// that stand for nothing of ours are left out, and what is named again is: the
// first place counts, as for Go, and OpenSSL takes no curve twice.
template <typename Parse>
std::string ReadNames(const Section& section, std::string_view key,
                      std::string_view what, Parse parse) {
  std::string joined;
  std::set<std::string> seen;
  for (const YamlNode& item : ReadTexts(section, key)) {
    const std::string& name = item.content->text;
    const std::optional<std::string> ours = parse(name);
    if (!ours) {
      section.sink().Add(item, std::string(key) + ": unknown " +
                                   std::string(what) + " " +
                                   Quoted(Printable(name)));
    } else if (!ours->empty() && seen.insert(*ours).second) {
      if (!joined.empty()) joined += ':';
      joined += *ours;
    }
  }
  return joined;
}

int ReadVersion(const Section& section, std::string_view key, int fallback) {
  std::string name;
  if (!section.ReadText(key, name)) return fallback;
  const std::optional<int> version = ParseTlsVersion(name);
  if (!version) section.Add(key, "must be one of TLS10, TLS11, TLS12, TLS13");
  return version.value_or(fallback);
}

void ReadAlgorithms(const Section& section, const FaultSink& warnings,
                    TlsSettings& tls) {
  tls.min_version = ReadVersion(section, "min_version", TLS1_2_VERSION);
  tls.max_version = ReadVersion(section, "max_version", TLS1_3_VERSION);
  if (tls.min_version > tls.max_version && !section.Find("min_version")) {
    section.Add("max_version",
                "is below min_version, which is TLS12 unless given");
  } else if (tls.min_version > tls.max_version) {
    section.Add("min_version", "is above max_version");
  }
  if (tls.min_version < TLS1_2_VERSION) {
    warnings.Add(*section.Find("min_version"),
                 "min_version: TLS before 1.2 keeps nothing secret");
  }
  section.ReadBool("prefer_server_cipher_suites", tls.prefer_server_ciphers);
  tls.groups = ReadNames(section, "curve_preferences", "curve", ParseCurve);
  tls.ciphers =
      ReadNames(section, "cipher_suites", "cipher suite", ParseCipherSuite);
  if (section.Find("cipher_suites") && tls.ciphers.empty()) {
    // Only suites of TLS 1.3: nothing is left to speak TLS 1.2 with.
    if (tls.max_version < TLS1_3_VERSION) {
      section.Add("cipher_suites", "has none for TLS 1.2");
    }
    tls.min_version = TLS1_3_VERSION;
  }
}

ClientAuth ReadClientAuth(const Section& section) {
  constexpr std::string_view kKey = "client_auth_type";
  switch (section
              .ReadChoice(kKey, {"NoClientCert", "RequestClientCert",
                                 "RequireAnyClientCert", "RequireClientCert",
                                 "VerifyClientCertIfGiven",
                                 "RequireAndVerifyClientCert"})
              .value_or(0)) {
    case 1:
      return ClientAuth::kRequest;
    case 2:
    case 3:  // The same, in files from before the toolkit renamed it.
      return ClientAuth::kRequireAny;
    case 4:
      return ClientAuth::kVerifyIfGiven;
    case 5:
      return ClientAuth::kRequireAndVerify;
    default:
      return ClientAuth::kNone;
  }
}

// Returns where the client CA stands.
std::string_view ReadClients(const Section& section, const FaultSink& warnings,
                             FileRecord& files, TlsSettings& tls) {
  tls.client_auth = ReadClientAuth(section);
  Pem ca = ReadPem(section, "client_ca", "client_ca_file", false, files);
  const bool has_ca = section.Find(ca.key) != nullptr;
  if (has_ca) tls.client_ca = std::move(ca.text);
  if (has_ca && tls.client_auth == ClientAuth::kNone) {
    section.Add(ca.key, "needs a client_auth_type that asks for certificates");
  }
  const bool verifies = tls.client_auth == ClientAuth::kVerifyIfGiven ||
                        tls.client_auth == ClientAuth::kRequireAndVerify;
  if (verifies && !has_ca) {
    warnings.Add(*section.Find("client_auth_type"),
                 "client_auth_type: without client_ca_file, certificates of "
                 "every authority that this system trusts are let in");
  }
  if (section.Find(kSans)) tls.client_allowed_sans.emplace();
  for (const YamlNode& item : ReadTexts(section, kSans)) {
    tls.client_allowed_sans->push_back(item.content->text);
  }
  if (tls.client_allowed_sans && tls.client_allowed_sans->empty()) {
    section.Add(kSans,
                "is empty: nobody would be let in; leave it out to let in "
                "whoever has a certificate");
  }
  if (section.Find(kSans) && tls.client_auth != ClientAuth::kRequireAny &&
      tls.client_auth != ClientAuth::kRequireAndVerify) {
    section.Add(kSans,
                "needs client_auth_type RequireAnyClientCert or "
                "RequireAndVerifyClientCert");
  }
  return ca.key;
}

}  // namespace

std::optional<TlsSettings> ReadTlsSection(const YamlNode& node,
                                          const FaultSink& sink,
                                          const FaultSink& warnings,
                                          FileRecord& files) {
  YamlContent storage;
  const Section section(
      WithoutEmpty(node, storage), "tls_server_config",
      {"cert", "key", "client_ca", "cert_file", "key_file", "client_ca_file",
       "client_auth_type", "client_allowed_sans", "min_version", "max_version",
       "cipher_suites", "prefer_server_cipher_suites", "curve_preferences"},
      sink);
  const std::size_t faults_before = sink.faults->size();
  TlsSettings tls;
  const bool wants_tls = WantsTls(section);
  const Pem certificate =
      ReadPem(section, "cert", "cert_file", wants_tls, files);
  const Pem key = ReadPem(section, "key", "key_file", wants_tls, files);
  tls.certificates = certificate.text;
  tls.key = Secret(key.text);
  ReadAlgorithms(section, warnings, tls);
  const std::string_view client_ca_key =
      ReadClients(section, warnings, files, tls);
  if (sink.faults->size() > faults_before) return tls;
  if (!wants_tls) {
    warnings.Add(node,
                 "tls_server_config: names no certificate; plain HTTP is "
                 "spoken");
    return std::nullopt;
  }

  TlsContext::Make(tls, [&](TlsContext::Part part, const std::string& what) {
    switch (part) {
      case TlsContext::Part::kCertificate:
        return section.Add(certificate.key, what);
      case TlsContext::Part::kKey:
        return section.Add(key.key, what);
      case TlsContext::Part::kClientCa:
        return section.Add(client_ca_key, what);
      case TlsContext::Part::kCiphers:
        return section.Add("cipher_suites", what);
      case TlsContext::Part::kGroups:
        return section.Add("curve_preferences", what);
    }
  });
  return tls;
}

}  // namespace exporter
