#include "net/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <stdexcept>

namespace exporter {
namespace {

// Capitals first, as Go does it.
std::string Variable(const char* upper, const char* lower) {
  for (const char* name : {upper, lower}) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

std::string ToLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n\v\f";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

struct Address {
  std::array<unsigned char, 16> bytes{};
  unsigned bits = 0;  // 32 or 128.

  bool operator==(const Address&) const = default;
};

// One of IPv6 that maps one of IPv4 is that one.
constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 12);

bool IsMapped(const Address& address) {
  return address.bits == 128 &&
         std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin(),
                    [](char m, unsigned char b) {
                      return static_cast<unsigned char>(m) == b;
                    });
}

std::optional<Address> ParseAddress(std::string_view text) {
  const std::string terminated(text);
  Address address;
  for (const auto& [family, bits] :
       {std::pair(AF_INET, 32U), std::pair(AF_INET6, 128U)}) {
    if (inet_pton(family, terminated.c_str(), address.bytes.data()) != 1) {
      continue;
    }
    address.bits = bits;
    if (!IsMapped(address)) return address;
    Address mapped{.bits = 32};
    std::copy_n(address.bytes.begin() + kMapped.size(), 4,
                mapped.bytes.begin());
    return mapped;
  }
  return std::nullopt;
}

bool IsLoopback(const Address& address) {
  if (address.bits == 32) return address.bytes.front() == 127;
  return address == ParseAddress("::1");
}

bool BeginAlike(const Address& a, const Address& b, unsigned bits) {
  for (unsigned i = 0; i < bits; ++i) {
    const unsigned mask = 0x80U >> i % 8;
    if (((a.bytes.at(i / 8) ^ b.bytes.at(i / 8)) & mask) != 0) return false;
  }
  return true;
}

// "192.0.2.0/24"; false if `member` is none.
bool IsNetworkOf(std::string_view member, const Address& host) {
  const std::size_t slash = member.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view base = member.substr(0, slash);
  const auto network = ParseAddress(base);
  if (!network || network->bits != host.bits) return false;

  const std::string_view text = member.substr(slash + 1);
  unsigned bits = 0;
  const auto [rest, error] =
      std::from_chars(text.data(), text.data() + text.size(), bits);
  const bool is_whole = rest == text.data() + text.size();
  // Of a mapped address the first 96 bits are counted too.
  const bool is_mapped =
      network->bits == 32 && base.find(':') != std::string_view::npos;
  const unsigned before = is_mapped ? 96 : 0;
  if (error != std::errc() || !is_whole || bits < before ||
      bits - before > network->bits) {
    return false;
  }
  return BeginAlike(*network, host, bits - before);
}

struct HostAndPort {
  std::string_view host;
  std::string_view port;  // Empty: any.
};

// "host:port" or "[ipv6]:port"; where `member` is neither, all of it is host.
HostAndPort SplitPort(std::string_view member) {
  const HostAndPort whole{member, ""};
  const std::size_t colon = member.rfind(':');
  if (colon == std::string_view::npos) return whole;
  std::string_view host = member.substr(0, colon);
  const std::string_view port = member.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return whole;
  }
  if ((std::string(host) + std::string(port)).find_first_of("[]") !=
      std::string::npos) {
    return whole;
  }
  return {host, port};
}

// `name` is "example.com", ".example.com" or "*.example.com".
bool HoldsName(std::string_view name, std::string_view host) {
  if (name.starts_with("*.")) name.remove_prefix(1);
  if (name.empty()) return false;
  if (name.starts_with('.')) return host.ends_with(name);
  if (!host.ends_with(name)) return false;
  const std::size_t above = host.size() - name.size();
  return above == 0 || host[above - 1] == '.';
}

// In lower case; empty where none is written, which means http.
std::string SchemeOf(std::string_view proxy_url) {
  const std::size_t end = proxy_url.find("://");
  if (end == std::string_view::npos) return "";
  return ToLower(proxy_url.substr(0, end));
}

}  // namespace

ProxyEnvironment ReadProxyEnvironment() {
  return {.https_proxy = Variable("HTTPS_PROXY", "https_proxy"),
          .http_proxy = Variable("HTTP_PROXY", "http_proxy"),
          .no_proxy = Variable("NO_PROXY", "no_proxy")};
}

bool IsExemptFromProxy(const UrlParts& url, std::string_view no_proxy) {
  std::string host = ToLower(url.host);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  const std::string_view port = !url.port.empty()       ? url.port
                                : url.scheme == "https" ? "443"
                                                        : "80";
  const std::optional<Address> address = ParseAddress(host);
  if (host == "localhost" || (address && IsLoopback(*address))) return true;

  while (!no_proxy.empty()) {
    const std::size_t end = std::min(no_proxy.find(','), no_proxy.size());
    const std::string member = ToLower(Trimmed(no_proxy.substr(0, end)));
    no_proxy.remove_prefix(std::min(end + 1, no_proxy.size()));
    if (member == "*") return true;
    if (address && IsNetworkOf(member, *address)) return true;
    const HostAndPort one = SplitPort(member);
    if (!one.port.empty() && one.port != port) continue;
    if (address ? ParseAddress(one.host) == address
                : HoldsName(one.host, host)) {
      return true;
    }
  }
  return false;
}

const std::string& ProxyFor(const UrlParts& url, const Transport& transport,
                            const ProxyEnvironment& environment) {
  static const std::string kNone;
  if (!transport.proxy_from_environment) return transport.proxy_url.Reveal();
  if (IsExemptFromProxy(url, environment.no_proxy)) return kNone;
  return url.scheme == "https" ? environment.https_proxy
                               : environment.http_proxy;
}

ProxyKind KindOfProxy(std::string_view proxy_url) {
  const std::string scheme = SchemeOf(proxy_url);
  if (scheme.starts_with("socks")) return ProxyKind::kSocks;
  return scheme == "https" ? ProxyKind::kHttps : ProxyKind::kHttp;
}

int DefaultProxyPort(ProxyKind kind) {
  switch (kind) {
    case ProxyKind::kHttp:
      return 80;
    case ProxyKind::kHttps:
      return 443;
    case ProxyKind::kSocks:
      return 1080;
  }
  throw std::logic_error("ProxyKind out of range");
}

std::string ProxyForMessages(std::string_view proxy_url) {
  std::string_view text = proxy_url;
  const std::size_t scheme = text.find("://");
  if (scheme != std::string_view::npos) text.remove_prefix(scheme + 3);
  const std::size_t at = text.rfind('@');
  if (at != std::string_view::npos) text.remove_prefix(at + 1);
  std::string proxy(text.substr(0, text.find_first_of("/?#")));
  const std::size_t bracket = proxy.rfind(']');
  const bool has_port =
      proxy.find(':', bracket == std::string::npos ? 0 : bracket) !=
      std::string::npos;
  if (!proxy.empty() && !has_port) {
    proxy += ':';
    proxy += std::to_string(DefaultProxyPort(KindOfProxy(proxy_url)));
  }
  return proxy;
}

}  // namespace exporter
