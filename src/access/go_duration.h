#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace exporter {

// The duration that `text` says in Go's form: "1s", "1h30m", "1.5ms", "0". None
// if it says anything else, something negative or more than a year.
// Source: Go, time.ParseDuration.
std::optional<std::chrono::nanoseconds> ParseGoDuration(std::string_view text);

}  // namespace exporter
