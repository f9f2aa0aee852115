#include "config/endpoint.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <optional>

namespace exporter {
namespace {

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9');
}

std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

struct SplitUrl {
  std::string scheme;  // In lower case.
  std::string_view user_info;
  bool has_user = false;
  std::string_view host;  // With its port.
  std::string_view rest;  // Path, query and fragment.
};

bool Split(std::string_view url, SplitUrl& parts) {
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) return false;
  parts.scheme = ToLower(url.substr(0, colon));
  url.remove_prefix(colon + 3);
  const std::size_t end = std::min(url.find_first_of("/?#"), url.size());
  parts.rest = url.substr(end);
  url = url.substr(0, end);
  const std::size_t at = url.rfind('@');
  parts.has_user = at != std::string_view::npos;
  if (parts.has_user) parts.user_info = url.substr(0, at);
  parts.host = parts.has_user ? url.substr(at + 1) : url;
  return true;
}

// Without leading zeros: they would be signed, but not sent.
bool IsPort(std::string_view text) {
  if (text.starts_with('0')) return false;
  unsigned port = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  return error == std::errc() && rest == end && port >= 1 && port <= 65535;
}

bool IsIpv6(std::string_view text) {
  return text.size() >= 2 && text.find(':') != std::string_view::npos &&
         text.find_first_not_of("0123456789abcdefABCDEF:.") ==
             std::string_view::npos;
}

// "host", "host:port", "[ipv6]" or "[ipv6]:port".
std::string WhyNotHost(std::string_view host) {
  std::string_view port;
  bool has_port = false;
  if (host.starts_with('[')) {
    const std::size_t close = host.find(']');
    if (close == std::string_view::npos || !IsIpv6(host.substr(1, close - 1))) {
      return "has no valid IPv6 address in its brackets";
    }
    port = host.substr(close + 1);
    has_port = !port.empty();
    if (has_port && port.front() != ':') return "has no valid host";
  } else {
    const std::size_t colon = std::min(host.find(':'), host.size());
    std::string_view name = host.substr(0, colon);
    // Then no search list of the resolver's is tried. It is part of what is
    // sent and signed, but not of what a certificate has to name.
    if (name.ends_with('.')) name.remove_suffix(1);
    if (!IsHostName(name)) return "has no valid host";
    port = host.substr(colon);
    has_port = !port.empty();
  }
  if (has_port && !IsPort(port.substr(1))) {
    return "has no valid port; it is a number from 1 to 65535, without leading "
           "zeros";
  }
  return "";
}

// The byte that begins `text`, which may be written as %XX; none if a '%' is
// not followed by two hex digits.
std::optional<unsigned char> TakeByte(std::string_view& text) {
  auto byte = static_cast<unsigned char>(text.front());
  std::size_t size = 1;
  if (byte == '%') {
    size = 3;
    const std::string_view digits = text.substr(1, 2);
    const char* end = digits.data() + digits.size();
    const auto [rest, error] = std::from_chars(digits.data(), end, byte, 16);
    if (digits.size() < 2 || error != std::errc() || rest != end) {
      return std::nullopt;
    }
  }
  text.remove_prefix(size);
  return byte;
}

bool HasStrayPercent(std::string_view text) {
  while (!text.empty()) {
    if (!TakeByte(text)) return true;
  }
  return false;
}

// Whether every '%' of `text` is a byte in hex, and nothing in it a blank or,
// decoded, a control character.
bool IsUserInfo(std::string_view text) {
  if (text.find(' ') != std::string_view::npos) return false;
  while (!text.empty()) {
    const std::optional<unsigned char> byte = TakeByte(text);
    if (!byte || *byte < 0x20 || *byte == 0x7F) return false;
  }
  return true;
}

bool IsPath(std::string_view path) {
  return std::all_of(path.begin(), path.end(), [](char c) {
    return IsAlphanumeric(c) ||
           std::string_view("/-_.~%!$&'()*+,;=:@").find(c) !=
               std::string_view::npos;
  });
}

}  // namespace

bool IsHostName(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  char before = '.';
  for (const char c : text) {
    if (c == '.' && before == '.') return false;
    if (!IsAlphanumeric(c) && c != '-' && c != '_' && c != '.') return false;
    before = c;
  }
  return before != '.';
}

Result<std::string> NormalizeEndpoint(std::string_view text) {
  const auto refuse = [](std::string why) {
    return Fail(ErrorKind::kConfig, std::move(why));
  };
  SplitUrl url;
  if (!Split(text, url) || (url.scheme != "http" && url.scheme != "https")) {
    return refuse("must begin with https:// or http://");
  }
  if (url.has_user) return refuse("must not contain a user or a password");
  const std::string why_not_host = WhyNotHost(url.host);
  if (!why_not_host.empty()) return refuse(why_not_host);
  if (url.rest.find_first_of("?#") != std::string_view::npos) {
    return refuse("must not contain '?' or '#'");
  }
  if (!IsPath(url.rest)) return refuse("has a path with forbidden characters");
  if (HasStrayPercent(url.rest)) {
    return refuse(
        "has a path with a '%' that two hex digits do not follow; a '%' itself "
        "is written %25");
  }
  while (url.rest.ends_with('/')) url.rest.remove_suffix(1);
  return url.scheme + "://" + ToLower(url.host) + std::string(url.rest);
}

std::string WhyNotProxy(std::string_view text) {
  SplitUrl url;
  const std::initializer_list<std::string_view> schemes = {"http", "https",
                                                           "socks5", "socks5h"};
  if (!Split(text, url) ||
      std::find(schemes.begin(), schemes.end(), url.scheme) == schemes.end()) {
    return "must begin with http://, https://, socks5:// or socks5h://";
  }
  if (!url.rest.empty() && url.rest != "/") {
    return "must end after host and port";
  }
  if (!IsUserInfo(url.user_info)) {
    return "has a blank, a control character or a stray '%' before its host; "
           "percent-encode user and password";
  }
  return WhyNotHost(url.host);
}

std::string WithoutPassword(std::string_view url) {
  const std::size_t at = url.rfind('@');
  const std::size_t user = url.find("://") + 3;
  const std::size_t colon = url.find(':', user);
  if (at == std::string_view::npos || colon > at) return std::string(url);
  return std::string(url.substr(0, colon + 1)) + "<secret>" +
         std::string(url.substr(at));
}

}  // namespace exporter
