#include "app/file_watch.h"

#include <utility>

#include "base/log.h"

namespace exporter {
namespace {

constexpr std::chrono::minutes kHold{5};

}  // namespace

void FileWatch::Watch(FileLooks looks) {
  in_force_ = std::move(looks);
  refused_.clear();
  emptied_.clear();
}

void FileWatch::WatchRefused(FileLooks looks) { refused_ = std::move(looks); }

bool FileWatch::Changed(SteadyTime now) {
  FileLooks in_force = in_force_;
  FileLooks refused = refused_;
  bool is_held = false;
  for (FileLooks* looks : {&in_force, &refused}) {
    for (auto& [pattern, look] : *looks) {
      const std::string before = std::exchange(look, LookAt(pattern));
      if (!look.empty()) {
        emptied_.erase(pattern);
      } else if (!before.empty()) {
        is_held = is_held || IsHeld(pattern, now);
      }
    }
  }
  if (is_held || (in_force == in_force_ && refused == refused_)) return false;
  in_force_ = std::move(in_force);
  refused_ = std::move(refused);
  return true;
}

bool FileWatch::IsHeld(const std::string& pattern, SteadyTime now) {
  // A file that is named must be there: without it nothing is reloaded.
  if (pattern.find_first_of("*?[") == std::string::npos) return false;
  const auto [since, is_news] = emptied_.emplace(pattern, now);
  if (is_news) {
    Log(LogLevel::kWarn,
        "no file matches a pattern of dataset_files any longer; if none comes "
        "back, its datasets go in five minutes",
        {{"pattern", pattern}});
  }
  return now - since->second < kHold;
}

}  // namespace exporter
