#include "auth/profile.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/header_text.h"

namespace exporter {
namespace {

Failure Fault(std::string_view section, std::string_view what) {
  std::string message = "section [";
  message += section;
  message += "] ";
  message += what;
  return Fail(ErrorKind::kCredentials, std::move(message));
}

}  // namespace

Result<SigningKey> ParseProfile(std::string_view text,
                                std::string_view section) {
  std::string_view id;
  std::string_view secret;
  std::string_view security_token;
  bool is_in_section = false;
  bool was_found = false;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    const std::string_view whole = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(whole.size() + 1, text.size()));
    const std::string_view line = Trim(whole);
    if (line.starts_with('[') && line.ends_with(']')) {
      is_in_section = Trim(line.substr(1, line.size() - 2)) == section;
      was_found = was_found || is_in_section;
      continue;
    }
    const auto equals = line.find('=');
    if (!is_in_section || equals == std::string_view::npos ||
        line.starts_with('#') || line.starts_with(';')) {
      continue;
    }
    const std::string_view name = Trim(line.substr(0, equals));
    const std::string_view value = Trim(line.substr(equals + 1));
    if (name == "ak") id = value;
    if (name == "sk") secret = value;
    if (name == "security_token") security_token = value;
  }

  if (!was_found) return Fault(section, "is missing");
  if (!FitsHeader(id)) return Fault(section, "has no usable ak");
  if (!FitsHeader(secret)) return Fault(section, "has no usable sk");
  if (!security_token.empty() && !FitsHeader(security_token)) {
    return Fault(section, "has no usable security_token");
  }
  return SigningKey{Secret(std::string(id)), Secret(std::string(secret)),
                    Secret(std::string(security_token))};
}

KeyReader KeyFromProfile(std::string path, std::string section) {
  return [path = std::move(path),
          section = std::move(section)]() -> Result<SigningKey> {
    if (path.empty()) {
      return Fail(ErrorKind::kCredentials,
                  "no file is named: neither HUAWEICLOUD_SDK_CREDENTIALS_FILE "
                  "nor HOME is set");
    }
    const Result<std::string> text = ReadTextFile(path);
    if (!text) return Fail(text.error());
    Result<SigningKey> key = ParseProfile(*text, section);
    if (!key) return Fail(While("credentials file " + path, key.error()));
    return key;
  };
}

std::string FindProfile(std::string path, const Environment& environment) {
  if (path.empty()) {
    path = Variable(environment, "HUAWEICLOUD_SDK_CREDENTIALS_FILE");
  }
  if (path.empty()) path = "~/.huaweicloud/credentials";
  if (!path.starts_with("~/")) return path;
  const std::string home = Variable(environment, "HOME");
  return home.empty() ? std::string() : home + path.substr(1);
}

}  // namespace exporter
