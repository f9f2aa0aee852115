#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/log.h"

namespace exporter {

// What was logged since testing::internal::CaptureStderr().
inline std::string CapturedLog() {
  FlushLog(std::chrono::seconds(10));
  return testing::internal::GetCapturedStderr();
}

}  // namespace exporter
