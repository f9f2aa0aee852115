// Builds the program from its flags and its configuration, and runs it.

#pragma once

#include "config/flags.h"

namespace exporter {

// Prints every fault and warning of the configuration, and of the web
// configuration if one is given, to stderr. The exit status: 0 if there is no
// fault, else 1.
int CheckConfig(const Flags& flags);

// Serves until SIGTERM, SIGINT or /-/quit; SIGHUP reloads. The exit status: 0,
// or 1 if it could not begin.
int RunExporter(const Flags& flags);

}  // namespace exporter
