#pragma once

#include <string>
#include <string_view>

namespace exporter {

// The style or script `text` as a source in a Content-Security-Policy:
// 'sha256-...'.
std::string HashSource(std::string_view text);

}  // namespace exporter
