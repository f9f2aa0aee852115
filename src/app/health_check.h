#pragma once

#include "config/flags.h"

namespace exporter {

// Asks /-/healthy, below its prefix, of the instance that runs with the same
// flags: at the first address, over TLS if the web configuration says so.
// Nothing secret is sent, so the certificate is not verified; where clients are
// asked for one, that question is health enough. Returns 0 if it serves, else
// 1; ends the process with 1 after 2 s. Prints nothing.
int CheckHealth(const Flags& flags);

}  // namespace exporter
