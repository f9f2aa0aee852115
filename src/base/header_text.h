#pragma once

#include <string_view>

namespace exporter {

// Whether `a` and `b` are the same but for the case of ASCII letters.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

// `text` without the spaces and tabs around it.
std::string_view TrimBlanks(std::string_view text);

// The part of `text` before the next `separator`, without blanks around it; the
// part and the separator are taken off `text`.
std::string_view TakeUntil(std::string_view& text, char separator);

}  // namespace exporter
