// Says where clients find this exporter, by --web.external-url and
// --web.route-prefix. What a proxy or a client says of it (X-Forwarded-...) is
// not believed.

#pragma once

#include <string>
#include <vector>

#include "access/route.h"
#include "config/flags.h"
#include "http/request.h"
#include "pages/service_discovery.h"

namespace exporter {

// Where Prometheus is to probe datasets: at the external URL, else at the host
// that `request`, for /sd, was sent to.
ProbeAddress ProbeAddressFor(const Flags& flags, const ServeRequest& request);

// Puts the prefix in front of the paths of `routes`. Then "/", and the prefix
// without a slash behind it, redirect to where the status page is.
void AddPrefix(const Flags& flags, std::vector<Route>& routes);

}  // namespace exporter
