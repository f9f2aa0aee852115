// Tells the operator what happens: one event a line on stderr, in logfmt or
// JSON. Messages are fixed texts that can be searched for; what differs from
// event to event stands in the fields. No secret comes here, and no thread
// waits for a stderr that nobody reads (see line_writer.h).

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace exporter {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
inline constexpr std::array kAllLogLevels = {LogLevel::kDebug, LogLevel::kInfo,
                                             LogLevel::kWarn, LogLevel::kError};
enum class LogFormat { kLogfmt, kJson };

// "debug", "info", "warn" or "error".
std::string_view ToLabel(LogLevel level);

struct LogField {
  std::string_view key;
  std::string value;
};

// What is less than `least` is not written from here on. Default: kInfo,
// kLogfmt.
void ConfigureLog(LogLevel least, LogFormat format);

// Whether events of `level` are written: for those that cost something to make.
// Safe for concurrent use.
[[nodiscard]] bool Logs(LogLevel level);

// Has one event written, soon and in order. Safe for concurrent use.
void Log(LogLevel level, std::string_view message,
         std::span<const LogField> fields);
void Log(LogLevel level, std::string_view message,
         std::initializer_list<LogField> fields = {});

// Events since the program began, and those of them that stderr did not take.
// Safe for concurrent use.
std::uint64_t LoggedMessages(LogLevel level);
std::uint64_t DroppedLogMessages();

// Waits until all events are written, at most so long: before the program ends.
// Safe for concurrent use.
void FlushLog(std::chrono::milliseconds at_most);

// One event as a line, without the newline. Control characters and invalid
// UTF-8 never pass: a log line cannot be forged from outside.
std::string FormatLogfmt(WallTime time, LogLevel level,
                         std::string_view message,
                         std::span<const LogField> fields);
std::string FormatJson(WallTime time, LogLevel level, std::string_view message,
                       std::span<const LogField> fields);

}  // namespace exporter
