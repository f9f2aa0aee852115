#include "app/file_watch.h"

#include <glob.h>
#include <sys/stat.h>

#include <utility>

namespace exporter {

void FileWatch::Watch(std::vector<std::string> patterns) {
  if (patterns == patterns_) return;
  patterns_ = std::move(patterns);
  seen_ = Look();
}

bool FileWatch::Changed() {
  std::string now = Look();
  if (now == seen_) return false;
  seen_ = std::move(now);
  return true;
}

std::string FileWatch::Look() const {
  std::string look;
  for (const std::string& pattern : patterns_) {
    glob_t found{};
    if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
      for (std::size_t i = 0; i < found.gl_pathc; ++i) {
        struct stat facts {};
        if (stat(found.gl_pathv[i], &facts) != 0) continue;
        look += found.gl_pathv[i];
        for (const auto fact :
             {static_cast<long long>(facts.st_ino),
              static_cast<long long>(facts.st_size),
              static_cast<long long>(facts.st_mtim.tv_sec),
              static_cast<long long>(facts.st_mtim.tv_nsec),
              static_cast<long long>(facts.st_ctim.tv_nsec)}) {
          look += ' ' + std::to_string(fact);
        }
        look += '\n';
      }
    }
    globfree(&found);
  }
  return look;
}

}  // namespace exporter
