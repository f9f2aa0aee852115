#pragma once

#include <string>
#include <string_view>

namespace exporter {

// `path` as seen from `folder`, which may be empty for the working directory.
std::string Resolve(const std::string& folder, const std::string& path);

// `path` as a pattern that matches it alone.
std::string EscapePattern(std::string_view path);

}  // namespace exporter
