#include "config/file_look.h"

#include <glob.h>

namespace exporter {

std::optional<std::vector<std::string>> Matches(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> paths;
  const int outcome = glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
  if (outcome == 0) {
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  globfree(&found);
  if (outcome != 0 && outcome != GLOB_NOMATCH) return std::nullopt;
  return paths;
}

}  // namespace exporter
