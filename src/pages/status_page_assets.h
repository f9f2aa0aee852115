// Holds the files in assets/, as they are written into the status page.

#pragma once

#include <string_view>

namespace exporter {

extern const std::string_view kStatusStyle;
extern const std::string_view kStatusScript;

}  // namespace exporter
