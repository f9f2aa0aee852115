#include "auth/secret_file.h"

#include <algorithm>
#include <utility>

#include "base/file.h"

namespace exporter {
namespace {

Failure Fault(const std::string& path, const std::string& what) {
  return Fail(ErrorKind::kCredentials, "credentials file " + path + ' ' + what);
}

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7F';
  });
}

}  // namespace

Result<std::string> ReadTextFile(const std::string& path) {
  Result<FileText> file = ReadFile(path, kMaxSecretBytes);
  if (!file) return Fault(path, file.error().message);
  return std::move(file->text);
}

Result<Secret> ReadSecretFile(const std::string& path, SecretForm form) {
  const Result<std::string> text = ReadTextFile(path);
  if (!text) return Fail(text.error());
  const std::string_view secret = SecretIn(*text, form);
  if (secret.empty()) return Fault(path, "is empty");
  if (HasControlCharacter(secret)) {
    return Fault(path, "holds a line break or another control character");
  }
  return Secret(std::string(secret));
}

bool FitsHeader(std::string_view text) {
  return !text.empty() && text.size() <= kMaxSecretBytes &&
         !HasControlCharacter(text);
}

SecretReader Given(Secret secret) {
  return [secret = std::move(secret)]() -> Result<Secret> {
    if (secret.Empty()) {
      return Fail(ErrorKind::kCredentials, "the configured secret is empty");
    }
    if (HasControlCharacter(secret.Reveal())) {
      return Fail(ErrorKind::kCredentials,
                  "the configured secret holds a line break or another control "
                  "character");
    }
    return secret;
  };
}

SecretReader FromFile(std::string path, SecretForm form) {
  return [path = std::move(path), form] { return ReadSecretFile(path, form); };
}

}  // namespace exporter
