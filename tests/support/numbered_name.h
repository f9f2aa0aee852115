#pragma once

#include <cstddef>
#include <string>

namespace exporter {

// "d7". Appended, since GCC 12 sees an overlap that is none in "d" + "7".
inline std::string NumberedName(const char* prefix, std::size_t number) {
  std::string name = prefix;
  name += std::to_string(number);
  return name;
}

}  // namespace exporter
