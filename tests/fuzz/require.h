#pragma once

#include <cstdlib>
#include <string_view>

#include "base/utf8.h"

namespace exporter {

// A promise that an input has shown not to hold ends a fuzz target.
inline void Require(bool holds) {
  if (!holds) std::abort();
}

// What a log, a page or a terminal may show: one line of UTF-8.
inline bool IsOneLine(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7F') return false;
  }
  return IsUtf8(text);
}

}  // namespace exporter
