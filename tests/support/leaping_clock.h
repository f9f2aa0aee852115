#pragma once

#include <chrono>

#include "base/clock.h"

namespace exporter {

// The time of day, and what a test leaps over.
class LeapingClock final : public Clock {
 public:
  void Leap(std::chrono::seconds by) { leapt_ += by; }
  [[nodiscard]] WallTime WallNow() const override {
    return SystemClock().WallNow();
  }
  [[nodiscard]] Deadline SteadyNow() const override {
    return SystemClock().SteadyNow() + leapt_;
  }

 private:
  std::chrono::seconds leapt_{0};
};

}  // namespace exporter
