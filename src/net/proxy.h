// By which proxy a host is asked, if by any. Pure, but for the one function
// that reads the environment.

#pragma once

#include <string>
#include <string_view>

#include "net/transport.h"
#include "net/url.h"

namespace exporter {

// The proxies that the environment names, in capitals or not.
struct ProxyEnvironment {
  std::string https_proxy;
  std::string http_proxy;
  std::string no_proxy;  // As IsExemptFromProxy takes it.
};

ProxyEnvironment ReadProxyEnvironment();

// Whether `no_proxy` names `host` ("example.com", "192.0.2.1",
// "[2001:db8::1]"). Its members stand between commas or blanks:
//   *              every host;
//   example.com    this name and all below it; ".example.com" means the same;
//   192.0.2.1      this address;
//   192.0.2.0/24   all addresses of this network.
bool IsExemptFromProxy(std::string_view host, std::string_view no_proxy);

// The URL of the proxy by which `url` is to be asked, with the password that it
// may hold; empty if there is none. It lives as long as what it is taken from.
const std::string& ProxyFor(const UrlParts& url, const Transport& transport,
                            const ProxyEnvironment& environment);

enum class ProxyKind { kHttp, kHttps, kSocks };

// By the scheme of the proxy's URL; http where it has none.
ProxyKind KindOfProxy(std::string_view proxy_url);

// The port of a proxy whose URL names none: 80, 443 or 1080.
int DefaultProxyPort(ProxyKind kind);

// Host and port of the proxy with this URL, fit for a message: "proxy:3128".
// Empty if it is.
std::string ProxyForMessages(std::string_view proxy_url);

}  // namespace exporter
