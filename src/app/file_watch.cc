#include "app/file_watch.h"

#include <sys/stat.h>

#include <utility>

#include "config/file_look.h"

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
    const auto paths = Matches(pattern);
    if (!paths) {  // Not as if it were empty: the next reload says so.
      look += "?\n";
      continue;
    }
    for (const std::string& path : *paths) {
      struct stat facts {};
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
  }
  return look;
}

}  // namespace exporter
