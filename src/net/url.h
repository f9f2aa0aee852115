// Does the little with URLs that this program needs: writes them, takes them
// apart for a signature, and names them in messages. libcurl's curl_url_set
// takes more than half as long again, and changes what it is given: a host
// "1.2" into 1.0.0.2, a port 0443 into 443, "https:///x" into "https://x".

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace exporter {

// Puts `text` behind `out`, each byte but A-Z a-z 0-9 - _ . ~ as %XX, in
// upper-case hex: safe as one segment of a path, or as a key or value of a
// query.
// Source: RFC 3986, section 2.3.
void AppendPercentEncoded(std::string& out, std::string_view text);

// The inverse of AppendPercentEncoded. A % that no two hex digits follow stands
// for itself, and so does a +.
std::string PercentDecode(std::string_view text);

// A URL, taken apart but not decoded. The views are into the URL: they live as
// long as it does.
struct UrlParts {
  std::string_view scheme;    // "http" or "https", in lower case.
  std::string_view userinfo;  // "user:password"; mostly empty.
  std::string_view host;      // "example.com", "192.0.2.1" or "[2001:db8::1]"
  std::string_view port;      // "8443"; empty if none is named.
  std::string_view path;      // "/v2/p1"; "/" if there is none.
  std::string_view query;     // "a=1&b=2", without the question mark.
};

// None unless `url` is an http or https URL with a host, with a port of 1 to
// 65535 or none, and without fragment, blanks and control characters.
std::optional<UrlParts> SplitUrl(std::string_view url);

// Whether `text` can follow the host and port of a URL: it begins with a slash,
// and SplitUrl takes its characters.
bool IsUrlTarget(std::string_view text);

// What stands in the Host header: the host, and the port unless it is the
// scheme's own.
std::string HostHeader(const UrlParts& url);

// `url` as messages may show it, "https://example.com:8443/v2/p1": the query
// and the userinfo, which may hold secrets, are left out. "(not a URL)" for
// what SplitUrl does not take.
std::string UrlForMessages(std::string_view url);

}  // namespace exporter
