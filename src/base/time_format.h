#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace exporter {

// "2024-01-01T00:00:00.000Z"
std::string FormatRfc3339(WallTime time);

// As metrics tell a time.
double ToUnixSeconds(WallTime time);

// The time that `text` says, e.g. "2020-01-04T09:05:22.701000Z" or
// "2020-01-04T17:05:22+08:00"; any number of fractional digits, the offset also
// without its colon, as ISO 8601 has it. None if it says anything else, or no
// offset.
std::optional<WallTime> ParseRfc3339(std::string_view text);

// "Sun, 06 Nov 1994 08:49:37 GMT"; parts of a second are dropped.
// Source: RFC 9110, section 5.6.7.
std::string FormatHttpDate(WallTime time);

// The time that an HTTP date says, e.g. "Sun, 06 Nov 1994 08:49:37 GMT". None
// if it says anything else; the obsolete forms are not read.
// Source: RFC 9110, section 5.6.7.
std::optional<WallTime> ParseHttpDate(std::string_view text);

}  // namespace exporter
