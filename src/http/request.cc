#include "http/request.h"

#include <algorithm>
#include <set>

#include "base/header_text.h"

namespace exporter {
namespace {

std::optional<unsigned> HexDigit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

// What a percent sign at `text[i]` stands for; none if it is not followed by
// two hexadecimal digits.
std::optional<char> DecodePercent(std::string_view text, std::size_t i) {
  if (i + 2 >= text.size()) return std::nullopt;
  const std::optional<unsigned> high = HexDigit(text[i + 1]);
  const std::optional<unsigned> low = HexDigit(text[i + 2]);
  if (!high || !low) return std::nullopt;
  return static_cast<char>(*high * 16 + *low);
}

// Whether some segment of `path` is "." or "..".
bool HasDotSegment(std::string_view path) {
  while (!path.empty()) {
    path.remove_prefix(1);  // The slash.
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(segment.size());
  }
  return false;
}

std::optional<std::string> DecodePath(std::string_view text) {
  std::string path;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const std::optional<char> decoded = DecodePercent(text, i);
      // A slash in disguise is there to make two readers see two paths.
      if (!decoded || *decoded == '/') return std::nullopt;
      c = *decoded;
      i += 2;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return std::nullopt;
    path += c;
  }
  if (path.empty() || path.front() != '/' || HasDotSegment(path)) {
    return std::nullopt;
  }
  return path;
}

std::optional<std::string> DecodeQueryPart(std::string_view text) {
  std::string part;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i] == '+' ? ' ' : text[i];
    if (c == '%') {
      const std::optional<char> decoded = DecodePercent(text, i);
      if (!decoded || *decoded == '\0') return std::nullopt;
      c = *decoded;
      i += 2;
    }
    part += c;
  }
  return part;
}

// "http://host:1/metrics?a=b" → "/metrics?a=b". Which host a client means does
// not matter to us.
std::string_view WithoutAuthority(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!EqualsIgnoringCase(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    const std::size_t path = target.find_first_of("/?");
    if (path == std::string_view::npos) return "/";
    return target.substr(path);
  }
  return target;
}

}  // namespace

std::string ServeRequest::Header(std::string_view name) const {
  std::string joined;
  for (const auto& [key, value] : headers) {
    if (!EqualsIgnoringCase(key, name)) continue;
    if (!joined.empty()) joined += ", ";
    joined += value;
  }
  return joined;
}

std::string_view ServeRequest::Parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return {};
}

std::optional<std::string_view> ServeRequest::RepeatedParameter() const {
  std::set<std::string_view> seen;
  for (const auto& [key, value] : query) {
    if (!seen.insert(key).second) return key;
  }
  return std::nullopt;
}

std::optional<RequestTarget> ParseTarget(std::string_view target) {
  const auto is_visible = [](char c) { return c > 0x20 && c < 0x7f; };
  if (!std::ranges::all_of(target, is_visible)) return std::nullopt;
  if (target.find('#') != std::string_view::npos) return std::nullopt;

  target = WithoutAuthority(target);
  const std::size_t question = target.find('?');
  std::optional<std::string> path = DecodePath(target.substr(0, question));
  if (!path) return std::nullopt;
  RequestTarget parsed{.path = *std::move(path), .query = {}};
  if (question == std::string_view::npos) return parsed;

  std::string_view rest = target.substr(question + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.empty()) continue;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto key = DecodeQueryPart(pair.substr(0, equals));
    auto value =
        DecodeQueryPart(pair.substr(std::min(equals + 1, pair.size())));
    if (!key || !value) return std::nullopt;
    parsed.query.emplace_back(*std::move(key), *std::move(value));
  }
  return parsed;
}

}  // namespace exporter
