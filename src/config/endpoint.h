// Checks the URLs that a configuration names. Messages do not quote them: a
// password may stand in one by mistake.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace exporter {

// "http[s]://host[:port][/path]" with the scheme and the host in lower case and
// without slashes at the end. The host may end in a dot.
// Errors: kConfig for anything else: another scheme, a user, a query, a
// fragment, a host that no certificate can name, a port outside 1..65535 or
// with leading zeros, a '%' in the path that two hex digits do not follow.
Result<std::string> NormalizeEndpoint(std::string_view text);

// Why `url` is no proxy: "http://[user:password@]host[:port]", or https,
// socks5, socks5h in place of http. Blanks and '%' of the user and the password
// must be percent-encoded; control characters are none's. Empty if it is one.
std::string WhyNotProxy(std::string_view url);

// `url` with "<secret>" in place of its password, if it has one.
// REQUIRES: WhyNotProxy(url) is empty.
std::string WithoutPassword(std::string_view url);

// Whether `text` can stand in a host name: letters, digits, '-', '_' and dots
// between them, at most 253 characters.
bool IsHostName(std::string_view text);

}  // namespace exporter
