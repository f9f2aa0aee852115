#include "cloud/text.h"

#include <algorithm>

namespace exporter {
namespace {

constexpr std::size_t kLeastSecretBytes = 4;

}  // namespace

std::string_view Cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 &&
         (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) {
    --most;
  }
  return text.substr(0, most);
}

std::string ToCode(std::string_view text) {
  std::string code(text.substr(0, kMaxCodeBytes));
  std::replace_if(
      code.begin(), code.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return code;
}

std::string OnOneLine(std::string_view text) {
  std::string line(text);
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7F'; },
      ' ');
  return line;
}

std::string Blotted(std::string_view text, std::span<const Secret> hidden) {
  constexpr std::string_view kBlot = "<secret>";
  std::string blotted(text);
  for (const Secret& secret : hidden) {
    const std::string& word = secret.Reveal();
    if (word.size() < kLeastSecretBytes) continue;
    for (auto at = blotted.find(word); at != std::string::npos;
         at = blotted.find(word, at + kBlot.size())) {
      blotted.replace(at, word.size(), kBlot);
    }
  }
  return blotted;
}

}  // namespace exporter
