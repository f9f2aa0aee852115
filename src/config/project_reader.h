#pragma once

#include "config/config.h"
#include "config/datasets_reader.h"
#include "config/source.h"
#include "yaml/tree.h"

namespace exporter {

// One item of `projects`, with all its defaults. Faults are reported; what they
// leave open keeps its default. How its dataset files looked is added to
// `looks`.
ProjectConfig ReadProject(const YamlNode& node, const Source& source,
                          SeenDatasets& seen, FileLooks& looks);

}  // namespace exporter
