#include "net/proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <stdexcept>

namespace exporter {
namespace {

std::string Variable(const char* lower, const char* upper) {
  for (const char* name : {lower, upper}) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

struct Address {
  std::array<unsigned char, 16> bytes{};
  unsigned bits = 0;  // 32 or 128.
};

std::optional<Address> ParseAddress(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) {
    text = text.substr(1, text.size() - 2);
  }
  const std::string terminated(text);
  Address address;
  for (const auto& [family, bits] :
       {std::pair(AF_INET, 32U), std::pair(AF_INET6, 128U)}) {
    if (inet_pton(family, terminated.c_str(), address.bytes.data()) == 1) {
      address.bits = bits;
      return address;
    }
  }
  return std::nullopt;
}

bool BeginAlike(const Address& a, const Address& b, unsigned bits) {
  for (unsigned i = 0; i < bits; ++i) {
    const unsigned mask = 0x80U >> i % 8;
    if (((a.bytes.at(i / 8) ^ b.bytes.at(i / 8)) & mask) != 0) return false;
  }
  return true;
}

// `member` is "address" or "address/bits".
bool HoldsAddress(std::string_view member, const Address& host) {
  const std::size_t slash = std::min(member.find('/'), member.size());
  const auto network = ParseAddress(member.substr(0, slash));
  if (!network || network->bits != host.bits) return false;
  unsigned bits = network->bits;
  if (slash < member.size()) {
    const std::string_view text = member.substr(slash + 1);
    const auto [rest, error] =
        std::from_chars(text.data(), text.data() + text.size(), bits);
    const bool is_whole = rest == text.data() + text.size();
    if (error != std::errc() || !is_whole || bits > network->bits) return false;
  }
  return BeginAlike(*network, host, bits);
}

bool HoldsName(std::string_view member, std::string_view host) {
  if (member.starts_with('.')) member.remove_prefix(1);
  if (member.empty() || member.size() > host.size()) return false;
  const std::size_t above = host.size() - member.size();
  return strncasecmp(host.data() + above, member.data(), member.size()) == 0 &&
         (above == 0 || host[above - 1] == '.');
}

// In lower case; empty where none is written, which means http.
std::string SchemeOf(std::string_view proxy_url) {
  const std::size_t end = proxy_url.find("://");
  if (end == std::string_view::npos) return "";
  std::string scheme(proxy_url.substr(0, end));
  for (char& c : scheme) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return scheme;
}

}  // namespace

ProxyEnvironment ReadProxyEnvironment() {
  return {.https_proxy = Variable("https_proxy", "HTTPS_PROXY"),
          .http_proxy = Variable("http_proxy", "HTTP_PROXY"),
          .no_proxy = Variable("no_proxy", "NO_PROXY")};
}

bool IsExemptFromProxy(std::string_view host, std::string_view no_proxy) {
  const std::optional<Address> address = ParseAddress(host);
  while (!no_proxy.empty()) {
    const std::size_t end =
        std::min(no_proxy.find_first_of(", \t"), no_proxy.size());
    const std::string_view member = no_proxy.substr(0, end);
    no_proxy.remove_prefix(std::min(end + 1, no_proxy.size()));
    if (member == "*") return true;
    if (address ? HoldsAddress(member, *address) : HoldsName(member, host)) {
      return true;
    }
  }
  return false;
}

const std::string& ProxyFor(const UrlParts& url, const Transport& transport,
                            const ProxyEnvironment& environment) {
  static const std::string kNone;
  if (!transport.proxy_from_environment) return transport.proxy_url.Reveal();
  if (IsExemptFromProxy(url.host, environment.no_proxy)) return kNone;
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
