#pragma once

#include <string>
#include <vector>

namespace exporter {

// Sees that files changed, however they were replaced: written in place,
// renamed over, or behind a symlink that points elsewhere now, as Kubernetes
// does. Looks when it is asked to; patterns are expanded at each look, so that
// new files are seen. Not safe for concurrent use.
class FileWatch {
 public:
  // Begins anew with the files that `patterns` (globs) match now, unless they
  // are watched already: what changed since the last look stays to be seen.
  void Watch(std::vector<std::string> patterns);

  // Whether anything changed since Watch, or since the last look.
  bool Changed();

 private:
  [[nodiscard]] std::string Look() const;

  std::vector<std::string> patterns_;
  std::string seen_;
};

}  // namespace exporter
