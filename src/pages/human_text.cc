#include "pages/human_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/time_format.h"

namespace exporter {
namespace {

template <typename... Args>
std::string Print(const char* format, Args... args) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), format, args...);
  return text.data();
}

}  // namespace

std::string HumanCount(std::int64_t count) {
  std::string text = std::to_string(count);
  const std::size_t first_digit = count < 0 ? 1 : 0;
  for (std::size_t at = text.size(); at > first_digit + 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

std::string HumanSpan(std::chrono::duration<double> span) {
  constexpr double kLongest = 1e12;  // Seconds; far beyond any task.
  const double seconds = span.count();
  if (!(seconds >= 0 && seconds < kLongest)) return "?";
  if (seconds == 0) return "0 s";
  if (seconds < 0.9995) {
    return Print("%.0f ms", std::round(seconds * 1000));
  }
  if (seconds < 9.995 && seconds != std::floor(seconds)) {
    return Print("%.3g s", seconds);
  }
  const auto whole = std::llround(seconds);
  const auto minutes = whole / 60;
  const auto hours = minutes / 60;
  if (minutes == 0) return Print("%lld s", whole);
  if (hours == 0) return Print("%lld min %02lld s", minutes, whole % 60);
  if (hours < 48) return Print("%lld h %02lld min", hours, minutes % 60);
  return Print("%lld d %lld h", hours / 24, hours % 24);
}

std::string HumanAge(std::chrono::milliseconds age) {
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  const auto seconds = std::max<std::int64_t>(age.count() / 1000, 0);
  const auto in = [](std::int64_t n, const char* unit) {
    return std::to_string(n) + unit;
  };
  if (seconds < kMinute) return in(seconds, " s");
  if (seconds < kHour) return in(seconds / kMinute, " min");
  if (seconds < 2 * kDay) return in(seconds / kHour, " h");
  return in(seconds / kDay, " d");
}

std::string HumanTime(WallTime time) {
  std::string text = FormatRfc3339(time);
  text.resize(text.size() - std::string_view(".000Z").size());
  text[text.find('T')] = ' ';
  return text;
}

std::string Shorten(std::string_view text, std::size_t most_bytes) {
  if (text.size() <= most_bytes) return std::string(text);
  const auto is_tail = [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
  };
  std::size_t end = most_bytes;
  while (end > 0 && is_tail(text[end])) --end;
  return std::string(text.substr(0, end)) + "\xE2\x80\xA6";  // …
}

}  // namespace exporter
