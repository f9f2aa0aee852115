#include "base/time_format.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace exporter {
namespace {

// Of HTTP dates.
constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// The number that the whole of `digits` says; none if there is anything else.
std::optional<unsigned> Number(std::string_view digits) {
  unsigned value = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc() || rest != end) return std::nullopt;
  return value;
}

std::optional<WallTime> Assemble(std::optional<unsigned> year,
                                 std::optional<unsigned> month,
                                 std::optional<unsigned> day,
                                 std::string_view clock) {
  using namespace std::chrono;
  if (clock.size() != 8 || clock[2] != ':' || clock[5] != ':') {
    return std::nullopt;
  }
  const auto hour = Number(clock.substr(0, 2));
  const auto minute = Number(clock.substr(3, 2));
  const auto second = Number(clock.substr(6, 2));
  if (!year || !month || !day || !hour || !minute || !second) {
    return std::nullopt;
  }
  const year_month_day date{std::chrono::year(static_cast<int>(*year)),
                            std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) {
    return std::nullopt;
  }
  return WallTime(sys_days(date)) + hours(*hour) + minutes(*minute) +
         seconds(*second);
}

// What a local time is ahead of UTC, which is taken off the end of `text`: "Z",
// "+08:00", "-0330". None if there is nothing of it.
std::optional<std::chrono::minutes> TakeOffset(std::string_view& text) {
  if (text.ends_with('Z') || text.ends_with('z')) {
    text.remove_suffix(1);
    return std::chrono::minutes(0);
  }
  const auto sign = text.find_last_of("+-");
  if (sign == std::string_view::npos || sign < 19) return std::nullopt;
  const std::string_view offset = text.substr(sign + 1);
  const bool has_colon = offset.size() == 5 && offset[2] == ':';
  if (!has_colon && offset.size() != 4) return std::nullopt;
  const auto hours = Number(offset.substr(0, 2));
  const auto minutes = Number(offset.substr(has_colon ? 3 : 2));
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const int direction = text[sign] == '-' ? -1 : 1;
  text.remove_suffix(text.size() - sign);
  return direction *
         (std::chrono::hours(*hours) + std::chrono::minutes(*minutes));
}

}  // namespace

std::string FormatRfc3339(WallTime time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text.data();
}

double ToUnixSeconds(WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

std::optional<WallTime> ParseRfc3339(std::string_view text) {
  const auto offset = TakeOffset(text);
  if (!offset || text.size() < 19 || text[4] != '-' || text[7] != '-' ||
      std::string_view("Tt ").find(text[10]) == std::string_view::npos) {
    return std::nullopt;
  }
  auto time = Assemble(Number(text.substr(0, 4)), Number(text.substr(5, 2)),
                       Number(text.substr(8, 2)), text.substr(11, 8));
  if (time) *time -= *offset;
  const std::string_view fraction = text.substr(19);
  if (!time || fraction.empty()) return time;
  if (fraction.front() != '.' || fraction.size() < 2 ||
      fraction.find_first_not_of("0123456789", 1) != std::string_view::npos) {
    return std::nullopt;
  }
  std::string millis(fraction.substr(1, 3));
  millis.resize(3, '0');
  return *time + std::chrono::milliseconds(*Number(millis));
}

std::string FormatHttpDate(WallTime time) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  std::array<char, 64> text{};
  std::snprintf(
      text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
      kDays.at(weekday(day).c_encoding()), static_cast<unsigned>(date.day()),
      kMonths.at(static_cast<unsigned>(date.month()) - 1),
      static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return text.data();
}

std::optional<WallTime> ParseHttpDate(std::string_view text) {
  if (text.size() != 29 || text.substr(3, 2) != ", " ||
      text.substr(25) != " GMT") {
    return std::nullopt;
  }
  for (unsigned month = 0; month < kMonths.size(); ++month) {
    if (text.substr(8, 3) == kMonths[month]) {
      return Assemble(Number(text.substr(12, 4)), month + 1,
                      Number(text.substr(5, 2)), text.substr(17, 8));
    }
  }
  return std::nullopt;
}

}  // namespace exporter
