#pragma once

#include "config/config.h"
#include "config/source.h"
#include "yaml/tree.h"

namespace exporter {

// What `node`, the value of a project's `credentials`, says. The project's
// region, cloud and endpoint must have been read. Faults are reported, and
// default_chain stands in for what they leave open.
CredentialsConfig ReadCredentials(const YamlNode& node,
                                  const ProjectConfig& project,
                                  const Source& source);

}  // namespace exporter
