#include "config/source.h"

#include "base/file.h"
#include "config/paths.h"

namespace exporter {
namespace {

void WarnOfOddity(const Section& section, const std::string& key,
                  std::string_view secret, std::string_view text,
                  SecretForm form, const Source& source) {
  const std::string_view oddity = OddityOf(text, form);
  if (oddity.empty()) return;
  std::string what = key + ": ";
  what.append(secret).append(" ").append(oddity);
  source.warnings.Add(*section.Find(key), std::move(what));
}

}  // namespace

std::optional<NamedFile> ReadNamedFile(const Section& section,
                                       std::string_view key,
                                       std::size_t max_bytes,
                                       const Source& source) {
  std::string path;
  if (!section.ReadText(key, path)) return std::nullopt;
  path = Resolve(source.folder, path);
  Result<FileText> file = ReadFile(path, max_bytes);
  if (!file) {
    section.Add(key, PrintablePath(path) + " " + file.error().message);
    return std::nullopt;
  }
  return NamedFile{std::move(path), std::move(file->text),
                   file->others_may_read};
}

void WarnIfOthersMayRead(const Section& section, std::string_view key,
                         const std::string& path, bool others_may_read,
                         const Source& source) {
  if (!others_may_read) return;
  source.warnings.Add(*section.Find(key),
                      std::string(key) + ": " + PrintablePath(path) +
                          " may be read by everyone on this machine; take "
                          "that right away with chmod o-r");
}

std::optional<SecretSource> ReadSecret(const Section& section,
                                       const std::string& key, SecretForm form,
                                       const Source& source) {
  const std::string file_key = key + "_file";
  std::string value;
  const bool has_value = section.ReadText(key, value);
  const auto file =
      ReadNamedFile(section, file_key, kMaxSecretFileBytes, source);
  if (section.Find(key) != nullptr && section.Find(file_key) != nullptr) {
    section.Add(file_key, "excludes '" + key + "'; keep one of them");
    return std::nullopt;
  }
  if (has_value) {
    WarnOfOddity(section, key, "the secret", value, form, source);
    return SecretSource{Secret(std::string(SecretIn(value, form))), ""};
  }
  if (!file) return std::nullopt;
  const std::string secret = "the secret in " + PrintablePath(file->path);
  if (const auto why = WhyNotText(SecretIn(file->text, form))) {
    section.Add(file_key, secret + " " + std::string(*why));
    return std::nullopt;
  }
  WarnOfOddity(section, file_key, secret, file->text, form, source);
  WarnIfOthersMayRead(section, file_key, file->path, file->others_may_read,
                      source);
  return SecretSource{Secret(), file->path};
}

SecretSource RequireSecret(const Section& section, const std::string& key,
                           SecretForm form, const Source& source) {
  if (section.Find(key) == nullptr && section.Find(key + "_file") == nullptr) {
    section.Add(key, "is missing; give it or '" + key + "_file'");
  }
  return ReadSecret(section, key, form, source).value_or(SecretSource{});
}

void RequireText(const Section& section, std::string_view key,
                 std::string& text) {
  if (section.Find(key) == nullptr) return section.Add(key, "is missing");
  section.ReadText(key, text);
}

}  // namespace exporter
