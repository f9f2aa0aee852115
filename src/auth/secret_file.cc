#include "auth/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace exporter {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int number) : number_(number) {}
  ~FileDescriptor() {
    if (number_ >= 0) close(number_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  [[nodiscard]] int Number() const { return number_; }

 private:
  int number_;
};

Failure Fault(const std::string& path, const std::string& what) {
  return Fail(ErrorKind::kCredentials, "credentials file " + path + ' ' + what);
}

Failure Unreadable(const std::string& path, int error) {
  return Fault(path,
               "cannot be read: " + std::generic_category().message(error));
}

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < ' ' || c == '\x7F';
  });
}

}  // namespace

Result<std::string> ReadTextFile(const std::string& path) {
  // Without O_NONBLOCK, opening a pipe would wait for someone to write.
  const FileDescriptor file(
      open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.Number() < 0) return Unreadable(path, errno);
  struct stat about {};
  if (fstat(file.Number(), &about) != 0) return Unreadable(path, errno);
  if (!S_ISREG(about.st_mode)) return Fault(path, "is no regular file");

  std::string text(kMaxSecretBytes + 1, '\0');
  std::size_t length = 0;
  while (length < text.size()) {
    const ssize_t count =
        read(file.Number(), text.data() + length, text.size() - length);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Unreadable(path, errno);
    if (count == 0) break;
    length += static_cast<std::size_t>(count);
  }
  if (length > kMaxSecretBytes) return Fault(path, "is larger than 64 KiB");
  text.resize(length);
  return text;
}

Result<Secret> ReadSecretFile(const std::string& path) {
  Result<std::string> text = ReadTextFile(path);
  if (!text) return Fail(text.error());
  while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
  if (text->empty()) return Fault(path, "is empty");
  if (HasControlCharacter(*text)) {
    return Fault(path, "holds a line break or another control character");
  }
  return Secret(*std::move(text));
}

bool FitsHeader(std::string_view text) {
  return !text.empty() && text.size() <= kMaxSecretBytes &&
         !HasControlCharacter(text);
}

SecretReader Given(Secret secret) {
  return [secret = std::move(secret)]() -> Result<Secret> {
    if (secret.Empty()) {
      return Fail(ErrorKind::kCredentials, "the configured secret is empty");
    }
    if (HasControlCharacter(secret.Reveal())) {
      return Fail(ErrorKind::kCredentials,
                  "the configured secret holds a line break or another control "
                  "character");
    }
    return secret;
  };
}

SecretReader FromFile(std::string path) {
  return [path = std::move(path)] { return ReadSecretFile(path); };
}

}  // namespace exporter
