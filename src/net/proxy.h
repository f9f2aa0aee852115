// Finds the proxy by which a host is asked, if there is one. Pure, but for the
// one function that reads the environment.

#pragma once

#include <string>
#include <string_view>

#include "net/transport.h"
#include "net/url.h"

namespace exporter {

// The proxies that the environment names, in capitals or else not.
struct ProxyEnvironment {
  std::string https_proxy;
  std::string http_proxy;
  std::string no_proxy;  // As IsExemptFromProxy takes it.
};

ProxyEnvironment ReadProxyEnvironment();

// Whether a request of `url` goes without the environment's proxy: where
// `no_proxy` names its host, and always to "localhost" and addresses of this
// machine itself, 127.0.0.0/8 and ::1. Members stand between commas, in any
// case; what is none is passed over:
//   *                  every host;
//   example.com        this name and all below it;
//   .example.com       all below it, but not the name; so does "*.example.com";
//   192.0.2.1          this address, also one of IPv6;
//   192.0.2.0/24       all addresses of this network;
//   example.com:8443   the same for this port alone; also of addresses, those
//                      of IPv6 as "[2001:db8::1]:8443".
// Names are compared as written: none is looked up, or changed from Unicode.
// Source: golang.org/x/net/http/httpproxy, which Go's exporters use.
bool IsExemptFromProxy(const UrlParts& url, std::string_view no_proxy);

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
