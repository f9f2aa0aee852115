// Writes numbers and times as people read them.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace exporter {

// "1,234,567"
std::string HumanCount(std::int64_t count);

// Two units at most: "230 ms", "1.32 s", "12 s", "2 min 05 s", "3 h 07 min",
// "12 d 4 h". What is no sensible span (negative, not finite) is "?".
std::string HumanSpan(std::chrono::duration<double> span);

// One unit, cut: "12 s", "3 min", "47 h", "3 d". Never negative, for clocks
// that jump.
std::string HumanAge(std::chrono::milliseconds age);

// "2024-01-01 12:34:56", UTC.
std::string HumanTime(WallTime time);

// `text`, or as much of it as fits into `most_bytes` with an ellipsis behind
// it; never cuts a character.
std::string Shorten(std::string_view text, std::size_t most_bytes);

}  // namespace exporter
