// The files that a pattern of `dataset_files` names.

#pragma once

#include <optional>
#include <string>
#include <vector>

namespace exporter {

// The files that `pattern` (a glob) matches now, by name. None where nobody can
// say: the folder is missing, or cannot be read.
std::optional<std::vector<std::string>> Matches(const std::string& pattern);

}  // namespace exporter
