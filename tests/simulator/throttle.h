// The gateway's limit on the requests of a project.

#pragma once

#include <string>

#include "inventory.h"
#include "options.h"
#include "server_clock.h"

namespace simulator {

// Counts one more request for `project`; whether it is one too many in the
// window that began with the first request after the last one.
inline bool OverRate(const Rate& rate, Project& project, Time now) {
  if (now >= project.window_began + rate.per) {
    project.window_began = now;
    project.in_window = 0;
  }
  return ++project.in_window > rate.requests;
}

// "5 minute", as the gateway says it.
inline std::string InWords(std::chrono::milliseconds period) {
  using std::chrono::floor;
  const auto minutes = floor<std::chrono::minutes>(period);
  if (minutes == period) return std::to_string(minutes.count()) + " minute";
  return std::to_string(floor<std::chrono::seconds>(period).count()) +
         " second";
}

}  // namespace simulator
