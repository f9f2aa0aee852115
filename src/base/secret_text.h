// Finds the secret in what people, editors and web pages leave in a file: with
// a byte order mark in front, with blanks and line breaks around it. Pure.

#pragma once

#include <string_view>

namespace exporter {

enum class SecretForm {
  kKey,       // An access key, a part of one or a token: ASCII without blanks.
  kPassword,  // Any text: a blank at its end may be meant.
};

// `text` without the UTF-8 byte order mark in front and the line breaks at its
// end. Without blanks, tabs and line breaks around it either, if it is a kKey.
std::string_view SecretIn(std::string_view text, SecretForm form);

// What is odd about `text`, for a warning about the file that holds it, such as
// "begins with a byte order mark, which is left out; ..."; empty if nothing is.
std::string_view OddityOf(std::string_view text, SecretForm form);

}  // namespace exporter
