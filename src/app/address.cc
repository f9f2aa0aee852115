#include "app/address.h"

#include <optional>
#include <utility>

#include "net/url.h"

namespace exporter {
namespace {

// The path that clients see in front of ours, without a slash at its end.
std::string OuterPrefix(const Flags& flags) {
  const std::optional<UrlParts> url = SplitUrl(flags.external_url);
  if (!url) return flags.route_prefix;  // There is none.
  return url->path == "/" ? "" : std::string(url->path);
}

Route RedirectRoute(std::string path, std::string location) {
  return {.path = std::move(path),
          .methods = {"GET"},
          .handler_label = "index",
          .handle = [location = std::move(location)](const ServeRequest&) {
            ServeResponse response = StatusResponse(302);
            response.headers.emplace_back("Location", location);
            return response;
          }};
}

}  // namespace

ProbeAddress ProbeAddressFor(const Flags& flags, const ServeRequest& request) {
  ProbeAddress address{.host = request.Header("Host"),
                       .path = OuterPrefix(flags) + "/probe"};
  if (const auto url = SplitUrl(flags.external_url)) {
    address.host = HostHeader(*url);
    address.scheme = url->scheme;
  }
  return address;
}

void AddPrefix(const Flags& flags, std::vector<Route>& routes) {
  const std::string& prefix = flags.route_prefix;
  if (prefix.empty()) return;
  for (Route& route : routes) route.path.insert(0, prefix);
  // As blackbox_exporter does it: "/" leads to where the world sees the page.
  routes.push_back(RedirectRoute(
      "/", (flags.external_url.empty() ? prefix : flags.external_url) + "/"));
  // Without a host, so that it holds for those, too, who go around the proxy.
  routes.push_back(RedirectRoute(prefix, OuterPrefix(flags) + "/"));
}

}  // namespace exporter
