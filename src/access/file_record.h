#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "base/secret.h"

namespace exporter {

// Remembers files that were read, and what they said, so that one can tell
// whether they still say it. Not safe for concurrent use.
class FileRecord {
 public:
  // As ReadFile; kept.
  Result<FileText> Read(const std::string& path, std::size_t max_bytes);

  // Whether reading the same again comes to the same. The contents are
  // compared, not the times of the files: no rename, symlink swap or second
  // write within one tick of a clock can hide.
  [[nodiscard]] bool StillHolds() const;

 private:
  struct Reading {
    std::string path;
    std::size_t max_bytes;
    Secret text;      // Keys are among them.
    std::string why;  // Instead of the text where it could not be read.

    bool operator==(const Reading&) const = default;
  };
  static Reading Keep(const std::string& path, std::size_t max_bytes,
                      const Result<FileText>& file);

  std::vector<Reading> readings_;
};

}  // namespace exporter
