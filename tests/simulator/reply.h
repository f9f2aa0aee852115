// What the cloud answers, and how well it behaves while it does.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "http/response.h"

namespace simulator {

// How the bytes of a reply leave, if they do.
enum class Manner {
  kWhole,
  kHang,         // Nothing; the connection stays open until the client leaves.
  kClose,        // Nothing; the connection is closed.
  kReset,        // Nothing; the connection is reset.
  kCut,          // Half of the body, then the connection is closed.
  kDrip,         // The headers at once, then one byte of body a second.
  kDripHeaders,  // One byte a second from the first.
};

struct Reply : exporter::ServeResponse {
  Reply() {
    content_type = "application/json";
    headers.reserve(4);  // Most have but the gateway's two.
  }

  std::chrono::milliseconds delay{0};  // From the request to the first byte.
  Manner manner = Manner::kWhole;

  // Bytes of filler that follow `body`, and `tail` after them, so that a huge
  // answer costs no memory. kEndless: they never stop, and no length is said.
  static constexpr std::uint64_t kEndless = UINT64_MAX;
  std::uint64_t filler = 0;
  std::string_view tail{};

  // Called once when the reply was sent whole or will never be.
  std::function<void()> when_over{};

  // Another answer: what is said so far is gone, its time and when_over stay.
  void StartOver() {
    Reply fresh;
    fresh.delay = delay;
    fresh.when_over = std::move(when_over);
    *this = std::move(fresh);
  }

  void AddHeader(std::string_view name, std::string_view value) {
    headers.emplace_back(name, value);
  }
};

}  // namespace simulator
