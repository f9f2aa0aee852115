#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace exporter {

// The JSON object that `body` is; an empty one if it is anything else, larger
// than 256 KiB or nested deeper than 32 levels. No honest reply of IAM or of a
// metadata service is, and a megabyte of brackets would hold up the loop for
// half a second.
nlohmann::json ParseReply(std::string_view body);

}  // namespace exporter
