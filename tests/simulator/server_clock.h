#pragma once

#include <chrono>
#include <string>

namespace simulator {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

// The cloud's idea of the time, which may differ from the machine's.
// Not safe for concurrent use.
class ServerClock {
 public:
  explicit ServerClock(std::chrono::milliseconds offset) : offset_(offset) {}

  [[nodiscard]] Time Now() const;

  // From here on it shows so much more.
  void Advance(std::chrono::milliseconds by) { offset_ += by; }

 private:
  std::chrono::milliseconds offset_;
};

// "2020-01-04T09:05:22.701000Z", as IAM and the metadata service write it.
std::string FormatExpiry(Time time);

// "20191115T033655Z", as X-Sdk-Date says it.
std::string FormatSdkDate(Time time);

}  // namespace simulator
