#pragma once

#include "serve/tls_settings.h"
#include "yaml/section.h"

namespace exporter {

// What `node`, the value of tls_server_config, says, with the files that it
// names. Reports all faults, those too that show only when TLS is set up.
TlsSettings ReadTlsSection(const YamlNode& node, const FaultSink& sink,
                           const FaultSink& warnings);

}  // namespace exporter
