#include "access/go_duration.h"

#include <array>
#include <charconv>
#include <utility>

namespace exporter {
namespace {

using std::chrono::nanoseconds;

constexpr nanoseconds kMost = std::chrono::hours(24 * 365);

// Longer names before those that they begin with.
constexpr std::array<std::pair<std::string_view, double>, 8> kUnits = {{
    {"ns", 1},
    {"us", 1e3},
    {"\xc2\xb5s", 1e3},  // The micro sign.
    {"\xce\xbcs", 1e3},  // The Greek letter.
    {"ms", 1e6},
    {"s", 1e9},
    {"m", 60e9},
    {"h", 3600e9},
}};

// Takes the unit that `text` begins with off it; 0 if it begins with none.
double TakeUnit(std::string_view& text) {
  for (const auto& [name, unit] : kUnits) {
    if (!text.starts_with(name)) continue;
    text.remove_prefix(name.size());
    return unit;
  }
  return 0;
}

}  // namespace

std::optional<nanoseconds> ParseGoDuration(std::string_view text) {
  if (text == "0") return nanoseconds(0);
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    if (text.front() == '-') return std::nullopt;
    double number = 0;
    const auto [rest, error] =
        std::from_chars(text.data(), text.data() + text.size(), number,
                        std::chars_format::fixed);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    const double unit = TakeUnit(text);
    total += number * unit;
    // Also where the number was "inf" or "nan".
    if (unit == 0 || !(total <= static_cast<double>(kMost.count()))) {
      return std::nullopt;
    }
  }
  return nanoseconds(static_cast<nanoseconds::rep>(total));
}

}  // namespace exporter
