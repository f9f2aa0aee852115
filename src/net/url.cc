#include "net/url.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace exporter {
namespace {

// By byte. Looked up, since every request writes ids, letter by letter.
constexpr std::array<bool, 256> kUnreserved = [] {
  std::array<bool, 256> unreserved{};
  for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "abcdefghijklmnopqrstuvwxyz"
                                       "0123456789-_.~")) {
    unreserved[static_cast<unsigned char>(c)] = true;
  }
  return unreserved;
}();

bool IsUnreserved(char c) { return kUnreserved[static_cast<unsigned char>(c)]; }

// The value of a hex digit; -1 for anything else.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool StartsWithIgnoringCase(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::equal(lower.begin(), lower.end(), text.begin(),
                    [](char l, char t) {
                      return l == (t >= 'A' && t <= 'Z' ? t - 'A' + 'a' : t);
                    });
}

// Looks at all of them, whatever it finds: so compilers look at many at once,
// and each request has a URL.
bool HasBadCharacter(std::string_view url) {
  unsigned bad = 0;
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    bad |= static_cast<unsigned>(byte <= ' ') |
           static_cast<unsigned>(byte == 0x7F) |
           static_cast<unsigned>(byte == '#');
  }
  return bad != 0;
}

bool IsPort(std::string_view text) {
  // What is sent would have no zero in front, and then was not what was signed.
  if (text.starts_with('0')) return false;
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  return error == std::errc() && rest == end && port != 0;
}

}  // namespace

void AppendPercentEncoded(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  // Most ids need nothing, and every request is written and signed with some.
  if (std::all_of(text.begin(), text.end(), IsUnreserved)) {
    out += text;
    return;
  }
  for (const char c : text) {
    if (IsUnreserved(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4U], kHex[byte & 0xFU]};
    }
  }
}

std::string PercentDecode(std::string_view text) {
  if (text.find('%') == std::string_view::npos) return std::string(text);
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size()) {
      const int high = HexValue(text[at + 1]);
      const int low = HexValue(text[at + 2]);
      if (high >= 0 && low >= 0) {
        decoded += static_cast<char>(high * 16 + low);
        at += 2;
        continue;
      }
    }
    decoded += text[at];
  }
  return decoded;
}

std::optional<UrlParts> SplitUrl(std::string_view url) {
  if (HasBadCharacter(url)) return std::nullopt;

  UrlParts parts;
  for (const std::string_view scheme : {"http", "https"}) {
    if (StartsWithIgnoringCase(url, scheme) &&
        url.substr(scheme.size()).starts_with("://")) {
      parts.scheme = scheme;
    }
  }
  if (parts.scheme.empty()) return std::nullopt;

  std::string_view rest = url.substr(parts.scheme.size() + 3);
  std::string_view authority =
      rest.substr(0, std::min(rest.find('/'), rest.find('?')));
  rest.remove_prefix(authority.size());

  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    parts.userinfo = authority.substr(0, at);
    authority.remove_prefix(at + 1);
  }
  // A colon inside of brackets belongs to an IPv6 address.
  const auto bracket = authority.find(']');
  if (authority.starts_with('[') == (bracket == std::string_view::npos)) {
    return std::nullopt;
  }
  const auto host_end =
      authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  parts.host = authority.substr(0, host_end);
  if (parts.host.empty() || parts.host == "[]") return std::nullopt;
  if (parts.host.starts_with('[') && !parts.host.ends_with(']')) {
    return std::nullopt;
  }
  if (host_end != std::string_view::npos) {
    parts.port = authority.substr(host_end + 1);
    if (!IsPort(parts.port)) return std::nullopt;
  }

  const auto question_mark = rest.find('?');
  parts.path = rest.substr(0, question_mark);
  if (parts.path.empty()) parts.path = "/";
  if (question_mark != std::string_view::npos) {
    parts.query = rest.substr(question_mark + 1);
  }
  return parts;
}

bool IsUrlTarget(std::string_view text) {
  return text.starts_with('/') && !HasBadCharacter(text);
}

std::string HostHeader(const UrlParts& url) {
  std::string header(url.host);
  if (!url.port.empty() && url.port != (url.scheme == "https" ? "443" : "80")) {
    header += ':';
    header += url.port;
  }
  return header;
}

std::string UrlForMessages(std::string_view url) {
  const auto parts = SplitUrl(url);
  if (!parts) return "(not a URL)";
  std::string text(parts->scheme);
  text += "://";
  text += HostHeader(*parts);
  text += parts->path;
  return text;
}

}  // namespace exporter
