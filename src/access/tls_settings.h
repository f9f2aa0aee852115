#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"

namespace exporter {

enum class ClientAuth {
  kNone,
  kRequest,           // Asked for; any or none will do.
  kRequireAny,        // Any, not verified.
  kVerifyIfGiven,     // None will do, a wrong one will not.
  kRequireAndVerify,  // The only one that proves who the client is.
};

// Says how TLS is spoken, all files read.
struct TlsSettings {
  // PEM: the server's, then those that lead to its root.
  std::string certificates;
  Secret key;  // PEM, without passphrase.
  ClientAuth client_auth = ClientAuth::kNone;
  std::optional<std::string> client_ca;  // PEM; none: those of the system.
  // Client certificates have to hold one of these DNS names, e-mail and IP
  // addresses or URIs; none: they need not; empty: nobody is let in.
  std::optional<std::vector<std::string>> client_allowed_sans;
  int min_version = 0;  // TLS1_2_VERSION and the like.
  int max_version = 0;
  std::string ciphers;  // For TLS 1.2, in OpenSSL's form; empty: its default.
  std::string groups;   // In OpenSSL's form; empty: its default.
  bool prefer_server_ciphers = true;

  bool operator==(const TlsSettings&) const = default;
};

}  // namespace exporter
