#include "config/web_paths.h"

#include <algorithm>
#include <utility>

#include "config/endpoint.h"

namespace exporter {
namespace {

// Without empty segments: what begins with "//" names a host where somebody is
// redirected to it.
bool IsPrefix(std::string_view path) {
  return IsPlainPath(path) && path.find("//") == std::string_view::npos;
}

std::string_view PathOf(std::string_view url) {
  url.remove_prefix(url.find("://") + 3);
  return url.substr(std::min(url.find('/'), url.size()));
}

}  // namespace

bool IsPlainPath(std::string_view path) {
  const std::string closed = std::string(path) + '/';
  return path.starts_with('/') && closed.find("/./") == std::string::npos &&
         closed.find("/../") == std::string::npos &&
         std::all_of(path.begin(), path.end(), [](char c) {
           return c > ' ' && c < 0x7F &&
                  std::string_view("?#%\\").find(c) == std::string_view::npos;
         });
}

Result<ExternalAddress> ParseExternalAddress(std::string_view url,
                                             std::string_view route_prefix) {
  ExternalAddress address;
  if (!url.empty()) {
    Result<std::string> normal = NormalizeEndpoint(url);
    // Not quoted: a password may stand in it by mistake.
    if (!normal) {
      return Fail(ErrorKind::kConfig,
                  "--web.external-url: " + normal.error().message);
    }
    address.url = *std::move(normal);
    address.route_prefix = PathOf(address.url);
    if (!address.route_prefix.empty() && !IsPrefix(address.route_prefix)) {
      return Fail(ErrorKind::kConfig,
                  "--web.external-url: its path must be one such as "
                  "/modelarts, without '%', '.', '..' and empty segments");
    }
  }
  if (route_prefix.empty()) return address;
  std::string_view inner = route_prefix;
  while (inner.starts_with('/')) inner.remove_prefix(1);
  while (inner.ends_with('/')) inner.remove_suffix(1);
  address.route_prefix = inner.empty() ? "" : '/' + std::string(inner);
  const bool is_good = inner.empty() || (!route_prefix.starts_with("--") &&
                                         IsPrefix(address.route_prefix));
  if (!is_good) {
    return Fail(ErrorKind::kConfig, "--web.route-prefix: '" +
                                        std::string(route_prefix) +
                                        "' is no path such as /modelarts");
  }
  return address;
}

}  // namespace exporter
