// Names a moment on both clocks: `steady` for what is measured and waited for,
// `wall` for what is shown.

#pragma once

#include <chrono>

#include "base/clock.h"

namespace exporter {

using SteadyTime = std::chrono::steady_clock::time_point;
using SteadyDuration = std::chrono::steady_clock::duration;

struct Instant {
  SteadyTime steady;
  WallTime wall;
};

}  // namespace exporter
