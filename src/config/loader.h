#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/fault.h"
#include "config/config.h"
#include "config/file_look.h"

namespace exporter {

struct LoadedConfig {
  std::shared_ptr<const Config> config;  // Null if there is any fault.
  std::vector<Fault> faults;             // All of them, by file and line.
  std::vector<Fault> warnings;           // What is risky, but allowed.
  // How the files of `dataset_files` looked before they were read, for
  // watching; those of a refused configuration too, as far as it names them.
  FileLooks looks;
};

// The configuration in the file `path`, with its dataset files; the files of
// secrets and certificates are read once to see that they can be. Never throws
// for what stands in a file, and takes at most about a second a file, whoever
// wrote it. Of more than 1000 faults, 1000 are listed and one more says so.
LoadedConfig LoadConfig(const std::string& path);

}  // namespace exporter
