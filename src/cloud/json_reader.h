// Reads JSON as it comes by, without building a tree of it: what a reply says
// beyond the fields that we know costs no memory and no recursion.

#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "cloud/mended_json.h"

namespace exporter {

struct JsonValue {
  enum class Kind {
    kNull,
    kBool,
    kInteger,      // Also if written as 12.0 or 1.2e1, below 2^53.
    kHugeInteger,  // It does not fit into 64 bits.
    kFloat,
    kString,
    kObject,  // Its members follow, one deeper.
    kArray,   // Its elements follow, one deeper.
  };

  Kind kind;
  std::int64_t integer = 0;    // Of kInteger.
  std::string_view text = {};  // Of kString: UTF-8, and gone after the call.
};

inline constexpr int kMaxJsonDepth = 32;

// Calls `visitor.Value(depth, key, value)` for each value of `json` in order.
// The whole document has depth 0, its members 1; an array's elements bear no
// key of their own. It returns what is wrong with the value, empty if nothing
// is; reading ends there. `visitor.End(depth)` is called where the object or
// array of that depth ends.
//
// What is no JSON is read once more as MendedJson has it, by `visitor` as it
// was before.
//
// The result is what is wrong, none if nothing is. It never quotes the input.
template <typename Visitor>
std::optional<std::string> ReadJson(std::string_view json, Visitor& visitor);

// ---- How it does it.

template <typename Visitor>
class JsonEvents {
 public:
  explicit JsonEvents(Visitor& visitor) : visitor_(visitor) {}

  [[nodiscard]] const std::string& Fault() const { return fault_; }
  [[nodiscard]] bool IsJson() const { return is_json_; }

  // What follows is called by nlohmann, and named by it.
  using Kind = JsonValue::Kind;
  bool null() { return Leaf({.kind = Kind::kNull}); }
  bool boolean(bool /*value*/) { return Leaf({.kind = Kind::kBool}); }
  bool number_integer(std::int64_t value) {
    return Leaf({.kind = Kind::kInteger, .integer = value});
  }
  bool number_unsigned(std::uint64_t value) {
    if (!std::in_range<std::int64_t>(value)) {
      return Leaf({.kind = Kind::kHugeInteger});
    }
    return number_integer(static_cast<std::int64_t>(value));
  }
  bool number_float(double value, const std::string& text) {
    if (text.find_first_of(".eE") == std::string::npos) {
      return Leaf({.kind = Kind::kHugeInteger});
    }
    constexpr double kMostExact = 9007199254740992;  // 2^53
    if (std::abs(value) < kMostExact && value == std::trunc(value)) {
      return number_integer(static_cast<std::int64_t>(value));
    }
    return Leaf({.kind = Kind::kFloat});
  }
  bool string(const std::string& text) {
    return Leaf({.kind = Kind::kString, .text = text});
  }
  bool binary(const nlohmann::json::binary_t& /*value*/) { return false; }
  bool start_object(std::size_t /*size*/) { return Open(Kind::kObject); }
  bool start_array(std::size_t /*size*/) { return Open(Kind::kArray); }
  bool end_object() { return Close(); }
  bool end_array() { return Close(); }
  bool key(std::string& text) {
    key_.swap(text);
    return true;
  }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*quotes_the_input*/) {
    fault_ = "no valid JSON from byte " + std::to_string(position) + " on";
    is_json_ = false;
    return false;
  }

 private:
  bool Leaf(const JsonValue& value) {
    fault_ = visitor_.Value(depth_, key_, value);
    return fault_.empty();
  }
  bool Open(Kind kind) {
    if (!Leaf({.kind = kind})) return false;
    if (++depth_ > kMaxJsonDepth) fault_ = "JSON that is nested too deep";
    return fault_.empty();
  }
  bool Close() {
    visitor_.End(--depth_);
    return true;
  }

  Visitor& visitor_;
  int depth_ = 0;
  std::string key_;
  std::string fault_;
  bool is_json_ = true;
};

template <typename Visitor>
std::optional<std::string> ReadJson(std::string_view json, Visitor& visitor) {
  const Visitor before = visitor;
  JsonEvents<Visitor> events(visitor);
  if (nlohmann::json::sax_parse(json, &events)) return std::nullopt;
  if (events.IsJson()) return events.Fault();
  visitor = before;
  JsonEvents<Visitor> mended_events(visitor);
  if (nlohmann::json::sax_parse(MendedJson(json), &mended_events)) {
    return std::nullopt;
  }
  return mended_events.IsJson() ? mended_events.Fault() : events.Fault();
}

}  // namespace exporter
