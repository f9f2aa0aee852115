// Says what this build is. Set by the build system, in this one file.

#pragma once

#include <string_view>

namespace exporter {

std::string_view Version();   // e.g. "1.2.3"
std::string_view Revision();  // The git commit, or "unknown".
std::string_view Compiler();  // e.g. "GNU 12.2.0"

}  // namespace exporter
