#include "server_clock.h"

#include <array>
#include <ctime>

namespace simulator {
namespace {

// strftime in UTC; the C locale is never changed in this program.
std::string Format(Time time, const char* format) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

}  // namespace

Time ServerClock::Now() const {
  return std::chrono::floor<std::chrono::milliseconds>(
             std::chrono::system_clock::now()) +
         offset_;
}

std::string FormatExpiry(Time time) {
  std::string text = Format(time, "%Y-%m-%dT%H:%M:%S.");
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  // Six digits: the leading 1 keeps the zeros.
  text += std::to_string(1'000'000 + (time - seconds).count() * 1000).substr(1);
  return text + 'Z';
}

std::string FormatSdkDate(Time time) { return Format(time, "%Y%m%dT%H%M%SZ"); }

}  // namespace simulator
