#pragma once

#include <optional>

#include "access/file_record.h"
#include "access/tls_settings.h"
#include "yaml/section.h"

namespace exporter {

// What `node`, the value of tls_server_config, says, with the files that it
// names, which are read through `files`. None where it asks for no TLS. Reports
// all faults, those too that show only when TLS is set up.
std::optional<TlsSettings> ReadTlsSection(const YamlNode& node,
                                          const FaultSink& sink,
                                          const FaultSink& warnings,
                                          FileRecord& files);

}  // namespace exporter
