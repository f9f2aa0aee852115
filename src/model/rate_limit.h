#pragma once

#include <chrono>

namespace exporter {

// How often a project of the cloud may be asked.
struct RateLimit {
  double requests = 0;              // > 0,
  std::chrono::milliseconds per{};  // in so much time; > 0
  double burst = 1;                 // >= 1: so many at once after a rest

  bool operator==(const RateLimit&) const = default;
};

}  // namespace exporter
