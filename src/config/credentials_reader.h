#pragma once

#include <string>

#include "config/config.h"
#include "config/source.h"
#include "yaml/tree.h"

namespace exporter {

// What `node`, the value of a project's `credentials`, says. `iam_endpoint` is
// where a password goes that names none; empty if it has to. Faults are
// reported, and default_chain stands in for what they leave open.
CredentialsConfig ReadCredentials(const YamlNode& node,
                                  const std::string& iam_endpoint,
                                  const Source& source);

}  // namespace exporter
