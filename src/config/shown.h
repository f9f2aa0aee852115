#pragma once

#include <cstdint>
#include <string>

#include "config/config.h"

namespace exporter {

// `config` as YAML that says the same: every key with its value or default, in
// the order of the documentation, "<secret>" for every secret, paths within
// `folder` relative to it. The datasets of dataset_files stay in their files.
std::string RenderConfig(const Config& config, const std::string& folder);

// The first 53 bits of the SHA-256 of config.shown and of the datasets that
// stand in files. REQUIRES: config.shown is set.
std::uint64_t HashConfig(const Config& config);

}  // namespace exporter
