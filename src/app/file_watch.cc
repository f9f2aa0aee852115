#include "app/file_watch.h"

#include <utility>

namespace exporter {

void FileWatch::Watch(FileLooks looks) {
  in_force_ = std::move(looks);
  refused_.clear();
}

void FileWatch::WatchRefused(FileLooks looks) { refused_ = std::move(looks); }

bool FileWatch::Changed() {
  bool changed = false;
  for (FileLooks* looks : {&in_force_, &refused_}) {
    for (auto& [pattern, seen] : *looks) {
      std::string now = LookAt(pattern);
      if (now == seen) continue;
      seen = std::move(now);
      changed = true;
    }
  }
  return changed;
}

}  // namespace exporter
