#include "collect/backoff.h"

#include <algorithm>

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr SteadyDuration kShortestPause = 1s;
constexpr SteadyDuration kLongestPause = 1min;

// What a person has to mend.
bool IsRefusal(ErrorKind kind) {
  return kind == ErrorKind::kUnauthorized || kind == ErrorKind::kForbidden ||
         kind == ErrorKind::kNotFound || kind == ErrorKind::kApiUnavailable ||
         kind == ErrorKind::kClientError;
}

}  // namespace

void Backoff::Succeeded(SteadyTime now) {
  failures_ = 0;
  not_before_ = now + kShortestPause;
}

void Backoff::Failed(const Error& error,
                     std::optional<std::chrono::milliseconds> retry_after,
                     SteadyTime now) {
  StepFailed(error, retry_after, now);
  ++failures_;
}

void Backoff::StepFailed(const Error& error,
                         std::optional<std::chrono::milliseconds> retry_after,
                         SteadyTime now) {
  SteadyDuration pause = kLongestPause;
  if (!IsRefusal(error.kind)) {
    pause = std::min(pause, kShortestPause * (1U << std::min(failures_, 6U)));
  }
  if (retry_after)
    pause = std::max<SteadyDuration>(kShortestPause, *retry_after);
  not_before_ = std::max(not_before_, now + pause);
}

}  // namespace exporter
