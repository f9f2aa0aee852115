#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/file_look.h"
#include "model/dataset.h"
#include "yaml/section.h"

namespace exporter {

// Remembers where each dataset of the whole configuration was first seen.
using SeenDatasets = std::map<DatasetKey, Fault>;

// Appends the datasets of the list `items` to `project`, whose id and region
// must have been read. Faults are reported; a dataset with one is left out.
void ReadDatasets(const std::vector<YamlNode>& items, const FaultSink& sink,
                  SeenDatasets& seen, ProjectConfig& project);

// As ReadDatasets, from the files that the project's `dataset_files` match,
// in the order of their names. Adds to `looks` how they looked before.
// Patterns that match nothing are reported to `warnings`, or as a fault where
// they name a single file or a folder that cannot be read: as empty it would
// take the datasets away on a reload.
void ReadDatasetFiles(const Section& section, const std::string& folder,
                      const FaultSink& warnings, SeenDatasets& seen,
                      ProjectConfig& project, FileLooks& looks);

// Why `id` is no project's and no dataset's. None if it may be one: UTF-8
// without control characters, at most 256 bytes, not "." and not "..".
std::optional<std::string> WhyNotId(std::string_view id);

}  // namespace exporter
