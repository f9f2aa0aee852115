// Reads JSON as it comes by, without building a tree of it: what a reply says
// beyond the fields that we know costs no memory and no recursion.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

// Looks at the values of a document as they come by.
class JsonVisitor {
 public:
  virtual ~JsonVisitor() = default;

  // For each value in order. The whole document has depth 0, its members 1; an
  // array's elements bear no key of their own. What is wrong with the value,
  // empty if nothing is; reading ends there.
  virtual std::string Value(int depth, std::string_view key,
                            const JsonValue& value) = 0;

  // Where the object or array of that depth ends.
  virtual void End(int /*depth*/) {}
};

// What became of a reading.
struct JsonVerdict {
  bool is_json = true;
  std::optional<std::string> fault{};  // Never quotes the input.
};

// Shows `json` to `visitor` as far as nothing is wrong with it.
JsonVerdict VisitJson(std::string_view json, JsonVisitor& visitor);

// The same; but what is no JSON is read once more as MendedJson has it, by
// `visitor` as it was before. What is wrong, none if nothing is.
template <typename Visitor>
std::optional<std::string> ReadJson(std::string_view json, Visitor& visitor) {
  const Visitor before = visitor;
  const JsonVerdict plain = VisitJson(json, visitor);
  if (plain.is_json) return plain.fault;
  visitor = before;
  const JsonVerdict mended = VisitJson(MendedJson(json), visitor);
  return mended.is_json ? mended.fault : plain.fault;
}

// The texts of the members `names`, in this order, of the object that the JSON
// object `body` calls `object`: of {"token": {"expires_at": "..."}}. Empty
// where there is no such member or it is no text. None if there is no such
// object, or if `body` is no valid JSON or nested deeper than 32 levels.
// Whatever else stands there costs no memory: a catalog of services may be
// large.
std::optional<std::vector<std::string>> TextsIn(
    std::string_view body, std::string_view object,
    std::initializer_list<std::string_view> names);

}  // namespace exporter
