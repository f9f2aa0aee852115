// Makes what the cloud says fit to be shown: short, on one line, without our
// own secrets. Pure.

#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace exporter {

// The most bytes that ToCode leaves.
inline constexpr std::size_t kMaxCodeBytes = 128;

// `text`, cut between two characters where it is longer than `most` bytes.
// REQUIRES: it is UTF-8.
std::string_view Cut(std::string_view text, std::size_t most);

// `text` fit for a label or a header: short, printable ASCII.
std::string ToCode(std::string_view text);

// `text` with a blank for each control character.
std::string OnOneLine(std::string_view text);

// `text` with "<secret>" for each of `hidden` in it. To be called before the
// text is cut, since a part of a secret is not found. A secret below four bytes
// is none, and would blot out words.
std::string Blotted(std::string_view text, std::span<const Secret> hidden);

}  // namespace exporter
