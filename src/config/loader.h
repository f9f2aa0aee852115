#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/fault.h"
#include "config/config.h"

namespace exporter {

struct LoadedConfig {
  std::shared_ptr<const Config> config;  // Null if there is any fault.
  std::vector<Fault> faults;             // All of them, by file and line.
  std::vector<Fault> warnings;           // What is risky, but allowed.
};

// The configuration in the file `path`, with its dataset files; the files of
// secrets and certificates are read once to see that they can be. Never throws
// for what stands in a file, and takes at most about a second a file, whoever
// wrote it. Of more than 1000 faults, 1000 are listed and one more says so.
LoadedConfig LoadConfig(const std::string& path);

}  // namespace exporter
