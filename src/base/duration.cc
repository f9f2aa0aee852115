#include "base/duration.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>

namespace exporter {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};

constexpr std::int64_t kDay = 86'400'000;
constexpr std::array<Unit, 7> kUnits = {{{"y", 365 * kDay},
                                         {"w", 7 * kDay},
                                         {"d", kDay},
                                         {"h", 3'600'000},
                                         {"m", 60'000},
                                         {"s", 1'000},
                                         {"ms", 1}}};
// As much as Prometheus' 64-bit count of nanoseconds holds.
constexpr std::int64_t kLongest = INT64_MAX / 1'000'000;

bool IsLetter(char c) { return c >= 'a' && c <= 'z'; }

}  // namespace

std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds(0);
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  auto unit = kUnits.begin();
  while (!text.empty()) {
    if (text.front() < '0' || text.front() > '9') return std::nullopt;
    std::int64_t count = 0;
    const char* end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, count);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    std::size_t letters = 0;
    while (letters < text.size() && IsLetter(text[letters])) ++letters;
    const std::string_view name = text.substr(0, letters);
    text.remove_prefix(letters);
    while (unit != kUnits.end() && unit->name != name) ++unit;
    if (unit == kUnits.end()) return std::nullopt;
    if (count > (kLongest - total) / unit->milliseconds) return std::nullopt;
    total += count * unit->milliseconds;
    ++unit;
  }
  return std::chrono::milliseconds(total);
}

std::string FormatDuration(std::chrono::milliseconds duration) {
  std::int64_t left = duration.count();
  if (left == 0) return "0s";
  std::string text;
  for (const Unit& unit : kUnits) {
    // Years and weeks only where nothing is left: "13d" reads better than
    // "1w6d".
    const bool coarse = unit.name == "y" || unit.name == "w";
    if (left < unit.milliseconds || (coarse && left % unit.milliseconds != 0)) {
      continue;
    }
    text += std::to_string(left / unit.milliseconds);
    text += unit.name;
    left %= unit.milliseconds;
  }
  return text;
}

std::string FormatSeconds(std::chrono::nanoseconds duration) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f",
                std::chrono::duration<double>(duration).count());
  return text.data();
}

}  // namespace exporter
