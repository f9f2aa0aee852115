#include "config/file_look.h"

#include <glob.h>
#include <sys/stat.h>

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

std::string LookAt(const std::string& pattern) {
  const auto paths = Matches(pattern);
  if (!paths) return "?";
  std::string look;
  for (const std::string& path : *paths) {
    struct stat facts = {};
    if (stat(path.c_str(), &facts) != 0) continue;
    look += path;
    for (const auto fact : {static_cast<long long>(facts.st_ino),
                            static_cast<long long>(facts.st_size),
                            static_cast<long long>(facts.st_mtim.tv_sec),
                            static_cast<long long>(facts.st_mtim.tv_nsec),
                            static_cast<long long>(facts.st_ctim.tv_nsec)}) {
      look += ' ' + std::to_string(fact);
    }
    look += '\n';
  }
  return look;
}

}  // namespace exporter
