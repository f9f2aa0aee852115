#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace exporter {

// The length of the well-formed character of `text` that begins at `at`; 0 if
// there is none. REQUIRES: at < text.size().
// Source: Unicode 15, table 3-7.
std::size_t CharacterLength(std::string_view text, std::size_t at);

// Whether `text` is well-formed UTF-8: no overlong form, no surrogate, nothing
// above U+10FFFF.
bool IsUtf8(std::string_view text);

// `text` with each byte that is no part of well-formed UTF-8 replaced by
// U+FFFD.
std::string ToUtf8(std::string_view text);

}  // namespace exporter
