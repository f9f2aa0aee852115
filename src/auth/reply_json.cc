#include "auth/reply_json.h"

#include <algorithm>
#include <utility>

#include "cloud/json_reader.h"

namespace exporter {
namespace {

class MemberTexts {
 public:
  using Kind = JsonValue::Kind;

  MemberTexts(std::string_view object,
              std::initializer_list<std::string_view> names)
      : texts(names.size()), object_(object), names_(names) {}

  std::string Value(int depth, std::string_view key, const JsonValue& value) {
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
  void End(int /*depth*/) {}

  std::vector<std::string> texts;
  bool was_found = false;

 private:
  std::string_view object_;
  std::initializer_list<std::string_view> names_;
  bool is_inside_ = false;
};

}  // namespace

std::optional<std::vector<std::string>> TextsIn(
    std::string_view body, std::string_view object,
    std::initializer_list<std::string_view> names) {
  MemberTexts members(object, names);
  if (ReadJson(body, members) || !members.was_found) return std::nullopt;
  return std::move(members.texts);
}

}  // namespace exporter
