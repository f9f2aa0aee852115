// A std::optional of eight bytes, for what every dataset has several of.

#pragma once

#include <concepts>
#include <limits>
#include <optional>

namespace exporter {

// What stands for none: a number, duration or moment that nothing else is.
template <typename T>
inline constexpr T kNoValue = T::min();
template <std::integral T>
inline constexpr T kNoValue<T> = std::numeric_limits<T>::min();

// As std::optional<T>, but that kNoValue<T> cannot be held: it is none.
//
// Not safe for concurrent use.
template <typename T>
class PackedOptional {
 public:
  constexpr PackedOptional() = default;
  constexpr PackedOptional(std::nullopt_t /*none*/) {}
  template <std::convertible_to<T> Value>
  constexpr PackedOptional(const Value& value) : value_(value) {}
  constexpr PackedOptional(const std::optional<T>& value)
      : value_(value.value_or(kNoValue<T>)) {}
  constexpr operator std::optional<T>() const {
    return has_value() ? std::optional<T>(value_) : std::nullopt;
  }

  [[nodiscard]] constexpr bool has_value() const {
    return value_ != kNoValue<T>;
  }
  constexpr explicit operator bool() const { return has_value(); }
  // REQUIRES: it has a value, here and below.
  constexpr const T& operator*() const { return value_; }
  constexpr const T* operator->() const { return &value_; }
  [[nodiscard]] constexpr T value_or(T otherwise) const {
    return has_value() ? value_ : otherwise;
  }
  constexpr void reset() { value_ = kNoValue<T>; }

  friend constexpr bool operator==(const PackedOptional&,
                                   const PackedOptional&) = default;

 private:
  T value_ = kNoValue<T>;
};

}  // namespace exporter
