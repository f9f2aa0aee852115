#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "base/file_descriptor.h"

namespace exporter {
namespace {

Failure Unreadable(int error) {
  return Fail(ErrorKind::kConfig,
              "cannot be read: " + std::generic_category().message(error));
}

}  // namespace

Result<FileText> ReadFile(const std::string& path, std::size_t max_bytes) {
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  const FileDescriptor file(
      open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return Unreadable(errno);
  struct stat status = {};
  if (fstat(file.Get(), &status) != 0) return Unreadable(errno);
  if (S_ISDIR(status.st_mode)) return Unreadable(EISDIR);
  if (!S_ISREG(status.st_mode)) {
    return Fail(ErrorKind::kConfig, "is no regular file");
  }
  FileText read;
  read.others_may_read = (status.st_mode & S_IROTH) != 0;
  std::array<char, 65536> buffer{};
  while (read.text.size() <= max_bytes) {
    const ssize_t got = ::read(file.Get(), buffer.data(), buffer.size());
    if (got == 0) return read;
    if (got > 0) {
      read.text.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      return Unreadable(errno);
    }
  }
  return Fail(ErrorKind::kConfig,
              "is larger than " + std::to_string(max_bytes >> 10U) + " KiB");
}

void HoldStandardStreams() {
  // The lowest free number is taken. Read-only, so that the log still counts
  // its lines as dropped.
  for (;;) {
    FileDescriptor lowest(open("/dev/null", O_RDONLY));
    if (!lowest || lowest.Get() > STDERR_FILENO) return;
    (void)lowest.Release();
  }
}

}  // namespace exporter
