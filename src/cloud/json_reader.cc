#include "cloud/json_reader.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>

namespace exporter {
namespace {

// What nlohmann tells while it parses.
class JsonEvents {
 public:
  explicit JsonEvents(JsonVisitor& visitor) : visitor_(visitor) {}

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

  JsonVisitor& visitor_;
  int depth_ = 0;
  std::string key_;
  std::string fault_;
  bool is_json_ = true;
};

class MemberTexts final : public JsonVisitor {
 public:
  using Kind = JsonValue::Kind;

  MemberTexts(std::string_view object,
              std::initializer_list<std::string_view> names)
      : texts(names.size()), object_(object), names_(names) {}

  std::string Value(int depth, std::string_view key,
                    const JsonValue& value) override {
    if (depth == 0 && value.kind != Kind::kObject) return "no object";
    if (depth == 1) {
      is_inside_ = key == object_ && value.kind == Kind::kObject;
      was_found = was_found || is_inside_;
    }
    if (depth != 2 || !is_inside_ || value.kind != Kind::kString) return "";
    const auto* const name = std::find(names_.begin(), names_.end(), key);
    if (name != names_.end()) {
      texts[static_cast<std::size_t>(name - names_.begin())] = value.text;
    }
    return "";
  }

  std::vector<std::string> texts;
  bool was_found = false;

 private:
  std::string_view object_;
  std::initializer_list<std::string_view> names_;
  bool is_inside_ = false;
};

}  // namespace

JsonVerdict VisitJson(std::string_view json, JsonVisitor& visitor) {
  JsonEvents events(visitor);
  if (nlohmann::json::sax_parse(json, &events)) return {};
  return {.is_json = events.IsJson(), .fault = events.Fault()};
}

std::optional<std::vector<std::string>> TextsIn(
    std::string_view body, std::string_view object,
    std::initializer_list<std::string_view> names) {
  MemberTexts members(object, names);
  if (ReadJson(body, members) || !members.was_found) return std::nullopt;
  return std::move(members.texts);
}

}  // namespace exporter
