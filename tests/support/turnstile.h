#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "http/response.h"

namespace exporter {

// A handler that is inside until told otherwise.
class Turnstile {
 public:
  ~Turnstile() { Open(); }

  ServeResponse Pass() {
    ++inside_;
    open_.wait(false);
    return {.content_type = "text/plain", .body = "passed\n"};
  }

  void Open() {
    open_ = true;
    open_.notify_all();
  }

  void WaitUntilInside(int count) const {
    const auto start = std::chrono::steady_clock::now();
    while (inside_ < count) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      ASSERT_LT(std::chrono::steady_clock::now() - start,
                std::chrono::seconds(30));
    }
  }

 private:
  std::atomic<int> inside_ = 0;
  std::atomic<bool> open_ = false;
};

}  // namespace exporter
