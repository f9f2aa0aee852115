#pragma once

#include <string>

#include "base/result.h"

namespace exporter {

struct FileText {
  std::string text;
  bool others_may_read = false;  // By its mode, for everyone on the machine.
};

// The content of a regular file of at most `max_bytes`.
// Errors: kConfig, "cannot be read: No such file or directory" and the like;
// never hangs on a pipe.
Result<FileText> ReadFile(const std::string& path, std::size_t max_bytes);

// Keeps the numbers of stdin, stdout and stderr, where whoever started the
// program closed them, from the next files and sockets, which would get what
// the program writes there. As before, writing to them fails. To be called
// first of all.
void HoldStandardStreams();

}  // namespace exporter
