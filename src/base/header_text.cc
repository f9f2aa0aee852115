#include "base/header_text.h"

#include <algorithm>

namespace exporter {
namespace {

char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

bool IsBlankOrBreak(char c) { return IsBlank(c) || c == '\r' || c == '\n'; }

// Every header line of every reply comes here three times, so no set of
// characters is searched for each of them.
template <typename Predicate>
std::string_view TrimAll(std::string_view text, Predicate goes) {
  while (!text.empty() && goes(text.front())) text.remove_prefix(1);
  while (!text.empty() && goes(text.back())) text.remove_suffix(1);
  return text;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, ToLower, ToLower);
}

std::string_view TrimBlanks(std::string_view text) {
  return TrimAll(text, IsBlank);
}

std::string_view Trim(std::string_view text) {
  return TrimAll(text, IsBlankOrBreak);
}

std::string_view TakeUntil(std::string_view& text, char separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return TrimBlanks(part);
}

std::optional<int> ParseQuality(std::string_view text) {
  int whole = 0;
  std::size_t at = 0;
  if (at < text.size() && IsDigit(text[at])) whole = text[at++] - '0';
  if (at == text.size()) {
    if (at == 0 || whole > 1) return std::nullopt;
    return whole * 1000;
  }
  if (text[at++] != '.') return std::nullopt;
  if (text == ".") return std::nullopt;
  int thousandths = 0;
  int weight = 100;
  for (; at < text.size(); ++at, weight /= 10) {
    if (!IsDigit(text[at])) return std::nullopt;
    thousandths += (text[at] - '0') * weight;
  }
  const int quality = whole * 1000 + thousandths;
  return quality <= 1000 ? std::optional(quality) : std::nullopt;
}

}  // namespace exporter
