#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exporter {

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
