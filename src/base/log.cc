#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <stdexcept>

#include "base/line_writer.h"
#include "base/time_format.h"
#include "base/utf8.h"

namespace exporter {
namespace {

std::array<std::atomic<std::uint64_t>, kAllLogLevels.size()> written_events;
std::atomic<LogLevel> least_level = LogLevel::kInfo;
std::atomic<LogFormat> line_format = LogFormat::kLogfmt;

// Some two thousand lines.
constexpr std::size_t kMostWaitingBytes = 262'144;

std::string Format(LogLevel level, std::string_view message,
                   std::span<const LogField> fields) {
  const WallTime now = SystemClock().WallNow();
  return line_format == LogFormat::kJson
             ? FormatJson(now, level, message, fields)
             : FormatLogfmt(now, level, message, fields);
}

std::string DroppedNotice(std::uint64_t dropped) {
  const LogField count{"count", std::to_string(dropped)};
  return Format(LogLevel::kWarn,
                "log messages dropped: stderr did not take them",
                std::span(&count, 1));
}

// Never destroyed, since a thread that writes to a stuck stderr outlives main.
LineWriter& Stderr() {
  static auto* const writer =
      new LineWriter(STDERR_FILENO, kMostWaitingBytes, DroppedNotice);
  return *writer;
}

// `text` with control characters, quotes and backslashes as JSON escapes them;
// Go's %q, which logfmt readers expect, agrees on all of these.
std::string Escape(std::string_view text) {
  std::string escaped;
  for (const char c : ToUtf8(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      escaped += '\\';
      escaped += c;
    } else if (c == '\n') {
      escaped += "\\n";
    } else if (c == '\t') {
      escaped += "\\t";
    } else if (c == '\r') {
      escaped += "\\r";
    } else if (byte < 0x20 || byte == 0x7F) {
      constexpr char kHex[] = "0123456789abcdef";
      escaped += "\\u00";
      escaped += kHex[byte >> 4U];
      escaped += kHex[byte & 0xFU];
    } else {
      escaped += c;
    }
  }
  return escaped;
}

bool NeedsQuotes(std::string_view value) {
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7F || c == '"' || c == '=' || c == '\\') {
      return true;
    }
  }
  return value.empty();
}

void AppendLogfmt(std::string& line, std::string_view key,
                  std::string_view value) {
  line += ' ';
  line += key;
  line += '=';
  line += NeedsQuotes(value) ? '"' + Escape(value) + '"' : std::string(value);
}

void AppendJson(std::string& line, std::string_view key,
                std::string_view value) {
  line += line.size() > 1 ? ",\"" : "\"";
  line += key;
  line += "\":\"";
  line += Escape(value);
  line += '"';
}

}  // namespace

std::string_view ToLabel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  throw std::logic_error("LogLevel out of range");
}

void ConfigureLog(LogLevel least, LogFormat format) {
  least_level = least;
  line_format = format;
}

bool Logs(LogLevel level) { return level >= least_level; }

void Log(LogLevel level, std::string_view message,
         std::span<const LogField> fields) {
  if (!Logs(level)) return;
  written_events[static_cast<std::size_t>(level)]++;
  Stderr().Write(Format(level, message, fields));
}

void Log(LogLevel level, std::string_view message,
         std::initializer_list<LogField> fields) {
  Log(level, message, std::span<const LogField>(fields.begin(), fields.size()));
}

std::uint64_t LoggedMessages(LogLevel level) {
  return written_events[static_cast<std::size_t>(level)];
}

std::uint64_t DroppedLogMessages() { return Stderr().Dropped(); }

void FlushLog(std::chrono::milliseconds at_most) {
  (void)Stderr().Flush(at_most);
}

std::string FormatLogfmt(WallTime time, LogLevel level,
                         std::string_view message,
                         std::span<const LogField> fields) {
  std::string line = "ts=" + FormatRfc3339(time);
  AppendLogfmt(line, "level", ToLabel(level));
  AppendLogfmt(line, "msg", message);
  for (const LogField& field : fields) {
    AppendLogfmt(line, field.key, field.value);
  }
  return line;
}

std::string FormatJson(WallTime time, LogLevel level, std::string_view message,
                       std::span<const LogField> fields) {
  std::string line = "{";
  AppendJson(line, "ts", FormatRfc3339(time));
  AppendJson(line, "level", ToLabel(level));
  AppendJson(line, "msg", message);
  for (const LogField& field : fields) {
    AppendJson(line, field.key, field.value);
  }
  return line + "}";
}

}  // namespace exporter
