#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "inventory.h"
#include "server_clock.h"

namespace simulator {

// Who failed too often in a row is locked for a while, right or wrong.
// Not safe for concurrent use.
class Locks {
 public:
  // The failure after `allowed` ones in a row locks for `duration`.
  Locks(unsigned allowed, std::chrono::milliseconds duration)
      : allowed_(allowed), duration_(duration) {}

  [[nodiscard]] bool Locked(std::string_view name, Time now) const {
    const auto found = records_.find(name);
    return found != records_.end() && now < found->second.locked_until;
  }

  // Whether this failure locked `name`.
  bool Failed(std::string_view name, Time now) {
    Record& record = records_[std::string(name)];
    if (++record.failures <= allowed_) return false;
    record = {.locked_until = now + duration_};
    return true;
  }

  void Succeeded(std::string_view name) {
    const auto found = records_.find(name);
    if (found != records_.end()) found->second.failures = 0;
  }

 private:
  struct Record {
    unsigned failures = 0;  // In a row.
    Time locked_until{};
  };
  unsigned allowed_;
  std::chrono::milliseconds duration_;
  ByText<Record> records_;
};

}  // namespace simulator
