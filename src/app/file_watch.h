#pragma once

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

  // Whether anything changed since those looks, or since it was asked last.
  bool Changed();

 private:
  FileLooks in_force_;
  FileLooks refused_;
};

}  // namespace exporter
