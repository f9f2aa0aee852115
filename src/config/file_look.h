// Finds the files that a pattern of `dataset_files` names, and how they look
// from outside, so that a change is seen without reading them.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace exporter {

// The files that `pattern` (a glob) matches now, by name. None where nobody can
// say: the folder is missing, or cannot be read.
std::optional<std::vector<std::string>> Matches(const std::string& pattern);

// How the files look that `pattern` matches now: another text once one of them
// came, went, was written or replaced, or cannot be listed any more.
std::string LookAt(const std::string& pattern);

// By pattern.
using FileLooks = std::map<std::string, std::string>;

}  // namespace exporter
