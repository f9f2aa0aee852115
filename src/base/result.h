// Result<T> is either a T or the Error that explains why there is none.
//
//   Result<Config> config = LoadConfig(path);
//   if (!config) return Fail(While("starting", config.error()));
//   Use(*config);
//
// The member names are std::expected's, so a move to C++23 is a change to this
// file alone. What std::expected has and we do not need, this leaves out.

#pragma once

#include <string>
#include <utility>
#include <variant>

#include "base/error.h"

namespace exporter {

// An Error on its way out of a function. Made by Fail, consumed by Result.
struct Failure {
  Error error;
};

inline Failure Fail(Error error) { return {std::move(error)}; }
inline Failure Fail(ErrorKind kind, std::string message) {
  return {Error{.kind = kind, .message = std::move(message)}};
}

template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit, so that `return value;` and `return Fail(...);` both work.
  Result(T value) : state_(std::move(value)) {}
  Result(Failure failure) : state_(std::move(failure.error)) {}

  [[nodiscard]] bool has_value() const {
    return std::holds_alternative<T>(state_);
  }
  explicit operator bool() const { return has_value(); }

  // REQUIRES: has_value(). Throws std::bad_variant_access otherwise, which is a
  // bug in the caller and not an error to handle.
  T& operator*() { return std::get<T>(state_); }
  const T& operator*() const { return std::get<T>(state_); }
  T* operator->() { return &**this; }
  const T* operator->() const { return &**this; }

  // REQUIRES: !has_value(). Throws as above.
  [[nodiscard]] const Error& error() const { return std::get<Error>(state_); }

 private:
  std::variant<T, Error> state_;
};

}  // namespace exporter
