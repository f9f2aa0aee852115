#pragma once

#include <map>
#include <string>

#include "collect/instant.h"
#include "config/file_look.h"

namespace exporter {

// Sees that files changed, however they were replaced: written in place,
// renamed over, or behind a symlink that points elsewhere now, as Kubernetes
// does. Looks when it is asked to; patterns are expanded at each look, so that
// new files are seen. Not safe for concurrent use.
class FileWatch {
 public:
  // Begins anew with the files of a configuration that is in force. `looks` are
  // from before they were read, so that no change is lost.
  void Watch(FileLooks looks);

  // Watches the files of a configuration that was refused too, until the next
  // one is refused or in force: mending one of them may be all that it needs.
  void WatchRefused(FileLooks looks);

  // Whether anything changed since those looks, or since it said so last. A
  // pattern that matches nothing any longer may be half of a rewrite, and would
  // take its datasets away: that is told in the log, and is a change, with all
  // that change meanwhile, after five minutes, or not at all if files come back
  // as they were.
  bool Changed(SteadyTime now);

 private:
  bool IsHeld(const std::string& pattern, SteadyTime now);

  FileLooks in_force_;
  FileLooks refused_;
  // Patterns that matched files before, and since when they match none.
  std::map<std::string, SteadyTime> emptied_;
};

}  // namespace exporter
