#pragma once

#include <string>

namespace exporter {

// Says what is wrong at one place of a file that a person wrote.
struct Fault {
  std::string file;
  int line = 0;    // From 1; 0 when the file as a whole is meant.
  int column = 0;  // From 1, in bytes; 0 together with line.
  std::string what;

  bool operator==(const Fault&) const = default;
};

// "file:line:column: what", or "file: what" when the whole file is meant.
inline std::string ToString(const Fault& fault) {
  std::string text = fault.file + ":";
  if (fault.line > 0) {
    text +=
        std::to_string(fault.line) + ":" + std::to_string(fault.column) + ":";
  }
  return text + " " + fault.what;
}

}  // namespace exporter
