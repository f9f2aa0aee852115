#pragma once

#include <string>
#include <string_view>

namespace exporter {

// Whether `text` is well-formed UTF-8: no overlong form, no surrogate, nothing
// above U+10FFFF.
bool IsUtf8(std::string_view text);

// `text` with each byte that is no part of well-formed UTF-8 replaced by
// U+FFFD.
std::string ToUtf8(std::string_view text);

}  // namespace exporter
