#pragma once

#include <optional>
#include <string>

#include "base/secret_text.h"
#include "config/config.h"
#include "yaml/section.h"

namespace exporter {

// Holds the configuration file that is being read.
struct Source {
  std::string folder;  // What relative paths are relative to; may be empty.
  FaultSink faults;
  FaultSink warnings;
};

inline constexpr std::size_t kMaxSecretFileBytes = 64U << 10U;
inline constexpr std::size_t kMaxCertificateBytes = 4U << 20U;

// The path at `key`, resolved, and the text of that file. None where there is
// no such key, and where the file cannot be read, which is reported.
struct NamedFile {
  std::string path;
  std::string text;
  bool others_may_read = false;
};
std::optional<NamedFile> ReadNamedFile(const Section& section,
                                       std::string_view key,
                                       std::size_t max_bytes,
                                       const Source& source);

// Warns that everyone on the machine may read `file`, if so.
void WarnIfOthersMayRead(const Section& section, std::string_view key,
                         const std::string& path, bool others_may_read,
                         const Source& source);

// The secret at `key` or at its twin `key`_file. Both at once, a file without a
// secret in it, one that everyone may read and an odd secret are reported. None
// where neither is there, or where what is there is at fault.
std::optional<SecretSource> ReadSecret(const Section& section,
                                       const std::string& key, SecretForm form,
                                       const Source& source);
// As ReadSecret; that neither is there is reported too.
SecretSource RequireSecret(const Section& section, const std::string& key,
                           SecretForm form, const Source& source);

// As Section::ReadText; that it is not there is reported too.
void RequireText(const Section& section, std::string_view key,
                 std::string& text);

}  // namespace exporter
