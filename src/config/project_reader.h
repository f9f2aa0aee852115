#pragma once

#include <string>
#include <vector>

#include "config/config.h"
#include "config/datasets_reader.h"
#include "config/source.h"
#include "yaml/tree.h"

namespace exporter {

// One item of `projects`, with all its defaults. Faults are reported; what they
// leave open keeps its default. Dataset files are appended to `files`.
ProjectConfig ReadProject(const YamlNode& node, const Source& source,
                          SeenDatasets& seen, std::vector<std::string>& files);

}  // namespace exporter
