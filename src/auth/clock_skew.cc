#include "auth/clock_skew.h"

#include "base/duration.h"
#include "base/time_format.h"
#include "cloud/error_reply.h"

namespace exporter {

std::optional<std::string> DescribeClockSkew(const HttpReply& reply,
                                             WallTime now) {
  using namespace std::chrono_literals;
  if (reply.status != 401) return std::nullopt;
  const auto theirs = TimeOf(reply);
  if (!theirs) return std::nullopt;
  const std::chrono::milliseconds ahead = now - *theirs;
  if (std::chrono::abs(ahead) <= 5min) return std::nullopt;
  const auto seconds =
      std::chrono::floor<std::chrono::seconds>(std::chrono::abs(ahead));
  return "the clock here says " + FormatRfc3339(now) + ", the server's " +
         FormatRfc3339(*theirs) + ": " + FormatDuration(seconds) +
         (ahead > 0ms ? " ahead" : " behind");
}

}  // namespace exporter
