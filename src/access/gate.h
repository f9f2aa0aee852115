#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

namespace exporter {

// Lets at most `limit` in at once. Safe for concurrent use.
class Gate {
 public:
  explicit Gate(std::size_t limit) : limit_(limit) {}

  // Null when as many as may be are inside. Else a ticket: its place is free
  // again when the last copy is gone, which may be after the gate.
  [[nodiscard]] std::shared_ptr<void> Enter() {
    if (inside_->fetch_add(1) >= limit_) {
      inside_->fetch_sub(1);
      return nullptr;
    }
    return {inside_.get(), [inside = inside_](void*) { inside->fetch_sub(1); }};
  }

 private:
  std::size_t limit_;
  std::shared_ptr<std::atomic<std::size_t>> inside_ =
      std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace exporter
