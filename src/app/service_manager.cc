#include "app/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include "base/file_descriptor.h"
#include "base/utf8.h"
#include "cloud/text.h"

namespace exporter {
namespace {

// systemd takes no notification above 4096 bytes.
constexpr std::size_t kMaxStatusBytes = 2000;

}  // namespace

void NotifyServiceManager(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr || (path[0] != '/' && path[0] != '@')) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(path);
  if (length >= sizeof(address.sun_path)) return;
  std::copy_n(path, length, address.sun_path);
  if (path[0] == '@') address.sun_path[0] = '\0';
  const FileDescriptor sender(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!sender) return;
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  sendto(sender.Get(), state.data(), state.size(), MSG_NOSIGNAL,
         reinterpret_cast<const sockaddr*>(&address), size);
}

void NotifyReloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  NotifyServiceManager(
      "RELOADING=1\nMONOTONIC_USEC=" +
      std::to_string(now.tv_sec * 1'000'000 + now.tv_nsec / 1000));
}

void NotifyReloaded(int number, const std::vector<Fault>& faults) {
  std::string status = "Reload " + std::to_string(number);
  if (faults.empty()) {
    status += ": the configuration is in force";
  } else {
    status += " refused, the old configuration goes on: ";
    if (faults.size() > 1) {
      status += std::to_string(faults.size()) + " faults, the first: ";
    }
    status += ToString(faults.front());
  }
  // It quotes the configuration; a line of its own would be another message.
  status = OnOneLine(ToUtf8(status));
  NotifyServiceManager("READY=1\nSTATUS=" +
                       std::string(Cut(status, kMaxStatusBytes)));
}

std::optional<std::chrono::microseconds> WatchdogInterval() {
  const char* pid = std::getenv("WATCHDOG_PID");
  if (pid != nullptr && std::string(pid) != std::to_string(getpid())) {
    return std::nullopt;
  }
  const char* text = std::getenv("WATCHDOG_USEC");
  if (text == nullptr) return std::nullopt;
  long long microseconds = 0;
  const auto [rest, error] =
      std::from_chars(text, text + std::strlen(text), microseconds);
  if (error != std::errc() || *rest != '\0' || microseconds <= 0) {
    return std::nullopt;
  }
  return std::chrono::microseconds(microseconds / 2);
}

}  // namespace exporter
