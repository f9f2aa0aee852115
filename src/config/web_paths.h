// Reads the paths and the URL at which clients find the program.

#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace exporter {

// Whether `path` begins with '/' and means the same to everybody between here
// and the client: "." and ".." as segments do not, and neither do characters
// that have to be encoded.
bool IsPlainPath(std::string_view path);

struct ExternalAddress {
  std::string url;           // As NormalizeEndpoint has it; empty: none.
  std::string route_prefix;  // "/modelarts"; empty: none.
};

// What --web.external-url and --web.route-prefix say, either of them may be
// empty. As blackbox_exporter and Prometheus have it: the prefix is the path of
// the URL unless it is given, and slashes at its ends do not count.
// Errors: kConfig  with the flag that is at fault.
Result<ExternalAddress> ParseExternalAddress(std::string_view url,
                                             std::string_view route_prefix);

}  // namespace exporter
