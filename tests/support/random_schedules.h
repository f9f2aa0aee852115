// How many random schedules a test runs: all of them as released, and under the
// sanitizers, where each takes some twenty times as long, a quarter of them.

#pragma once

namespace exporter {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr unsigned RandomSchedules(unsigned as_released) {
  return as_released / 4;
}
#else
constexpr unsigned RandomSchedules(unsigned as_released) { return as_released; }
#endif

}  // namespace exporter
