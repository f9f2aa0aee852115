// Reads and writes durations as Prometheus does: "500ms", "5s", "1m30s".

#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace exporter {

// The duration that `text` says: whole numbers with the units y, w, d, h, m, s
// and ms, each at most once and in this order, or "0" alone. None if it says
// anything else or more than 292 years.
// Source: Prometheus, model.ParseDuration.
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text);

// The shortest text that ParseDuration reads back as `duration`.
// REQUIRES: duration >= 0.
std::string FormatDuration(std::chrono::milliseconds duration);

// In seconds, with three digits after the point: "0.012".
std::string FormatSeconds(std::chrono::nanoseconds duration);

}  // namespace exporter
