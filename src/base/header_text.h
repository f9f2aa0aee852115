// Knows the parts that values of HTTP headers are made of.

#pragma once

#include <optional>
#include <string_view>

namespace exporter {

// Whether `a` and `b` are the same but for the case of ASCII letters.
bool EqualsIgnoringCase(std::string_view a, std::string_view b);

// `text` without the spaces and tabs around it.
std::string_view TrimBlanks(std::string_view text);

// The same for a whole line or body: without what ends a line, too.
std::string_view Trim(std::string_view text);

// The part of `text` before the next `separator`, without blanks around it; the
// part and the separator are taken off `text`.
std::string_view TakeUntil(std::string_view& text, char separator);

// The weight after "q=" in thousandths: "0.75" is 750. Takes ".5" and more than
// three digits as well, since clients send both; digits after the third count
// for nothing. None above 1.
// Source: RFC 9110, section 12.4.2.
std::optional<int> ParseQuality(std::string_view text);

}  // namespace exporter
