#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/result.h"

namespace exporter {

// Keeps a value of the world outside that may change at any time, such as a
// secret in a file: it is read again at most once a second.
//
// It is read, not watched for signs of a change: that costs some 15 µs a file
// and second, and no rename, symlink swap or second write within the same tick
// of the file system's clock can hide.
//
// T has operator==. Not safe for concurrent use.
template <typename T>
class Watched {
 public:
  using Read = std::function<Result<T>()>;

  // Reads at once.
  explicit Watched(Read read)
      : read_(std::move(read)), current_(ReadTillSettled()) {
    if (current_) last_good_ = *current_;
  }

  // Reads again, unless that was done less than a second before `now`.
  void Refresh(WallTime now) {
    using namespace std::chrono_literals;
    if (last_read_ && now >= *last_read_ && now - *last_read_ < 1s) return;
    last_read_ = now;
    current_ = ReadTillSettled();
    if (!current_ || *current_ == last_good_) return;
    last_good_ = *current_;
    ++version_;
  }

  // As it was last read. What became unreadable is gone: a secret that someone
  // took away must not go on working.
  [[nodiscard]] const Result<T>& Get() const { return current_; }

  // Rises when a value took the place of a different one. A value that was away
  // for a while and came back is no new one.
  [[nodiscard]] std::uint64_t Version() const { return version_; }

 private:
  // Several files that change together may be read half before and half after
  // the change; two equal readings in a row were not.
  Result<T> ReadTillSettled() {
    Result<T> reading = read_();
    for (int rounds = 0; rounds < 3; ++rounds) {
      if (reading && *reading == last_good_) break;
      Result<T> again = read_();
      const bool settled = reading && again
                               ? *reading == *again
                               : reading.has_value() == again.has_value();
      reading = std::move(again);
      if (settled) break;
    }
    return reading;
  }

  Read read_;
  std::optional<T> last_good_;
  std::optional<WallTime> last_read_;
  std::uint64_t version_ = 0;
  Result<T> current_;
};

}  // namespace exporter
