#include "access/file_record.h"

#include <algorithm>

namespace exporter {

FileRecord::Reading FileRecord::Keep(const std::string& path,
                                     std::size_t max_bytes,
                                     const Result<FileText>& file) {
  return {.path = path,
          .max_bytes = max_bytes,
          .text = Secret(file ? file->text : ""),
          .why = file ? "" : file.error().message};
}

Result<FileText> FileRecord::Read(const std::string& path,
                                  std::size_t max_bytes) {
  Result<FileText> file = ReadFile(path, max_bytes);
  readings_.push_back(Keep(path, max_bytes, file));
  return file;
}

bool FileRecord::StillHolds() const {
  return std::ranges::all_of(readings_, [](const Reading& reading) {
    return reading == Keep(reading.path, reading.max_bytes,
                           ReadFile(reading.path, reading.max_bytes));
  });
}

}  // namespace exporter
