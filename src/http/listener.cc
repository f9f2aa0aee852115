#include "http/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <system_error>

namespace exporter {
namespace {

// Connections that wait while the loop is busy; the kernel's own limit
// (net.core.somaxconn) may be lower.
constexpr int kBacklog = 1024;

std::string ToText(const ListenAddress& address) {
  const bool is_v6 = address.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + address.host + "]" : address.host) + ":" +
         std::to_string(address.port);
}

std::string BoundAddress(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size);
  if (storage.ss_family == AF_UNIX) {
    const auto& unix_address = reinterpret_cast<const sockaddr_un&>(storage);
    // An abstract one begins with a NUL, which people write as '@'.
    std::string path(
        unix_address.sun_path,
        std::max(std::size_t{size}, offsetof(sockaddr_un, sun_path)) -
            offsetof(sockaddr_un, sun_path));
    if (path.starts_with('\0')) path[0] = '@';
    while (path.ends_with('\0')) path.pop_back();
    return "unix:" + path;
  }
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  getnameinfo(reinterpret_cast<sockaddr*>(&storage), size, host.data(),
              host.size(), port.data(), port.size(),
              NI_NUMERICHOST | NI_NUMERICSERV);
  const std::string name = host.data();
  return (storage.ss_family == AF_INET6 ? "[" + name + "]" : name) + ":" +
         port.data();
}

// Errors carry errno, so that a family that is missing can be told from an
// address that is taken.
struct Opened {
  FileDescriptor socket;
  int error = 0;
};

// "[::]" is IPv6 and IPv4, as in exporters that are written in Go.
bool IsDualStack(const sockaddr* address) {
  return IN6_IS_ADDR_UNSPECIFIED(
      &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
}

Opened Open(const sockaddr* address, socklen_t size) {
  FileDescriptor fd(socket(address->sa_family,
                           SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return {.socket = {}, .error = errno};
  const auto set = [&fd](int level, int option, int value) {
    setsockopt(fd.Get(), level, option, &value, sizeof value);
  };
  // A restart must not wait for old connections to be forgotten. SO_REUSEPORT
  // would let two exporters share a port without either noticing.
  set(SOL_SOCKET, SO_REUSEADDR, 1);
  if (address->sa_family == AF_INET6) {
    set(IPPROTO_IPV6, IPV6_V6ONLY, IsDualStack(address) ? 0 : 1);
  }
  if (bind(fd.Get(), address, size) != 0 || listen(fd.Get(), kBacklog) != 0) {
    return {.socket = {}, .error = errno};
  }
  return {.socket = std::move(fd), .error = 0};
}

Opened OpenWildcard(std::uint16_t port) {
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  v6.sin6_addr = in6addr_any;
  Opened opened = Open(reinterpret_cast<sockaddr*>(&v6), sizeof v6);
  if (opened.error != EAFNOSUPPORT && opened.error != EADDRNOTAVAIL) {
    return opened;
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  return Open(reinterpret_cast<sockaddr*>(&v4), sizeof v4);
}

Failure Refuse(const ListenAddress& address, const std::string& why) {
  return Fail(ErrorKind::kConfig,
              "listening on " + ToText(address) + ": " + why);
}

// The value of a variable that holds a number; 0 for any other.
int NumberIn(const char* variable) {
  const char* text = std::getenv(variable);
  int number = 0;
  if (text == nullptr) return 0;
  const char* end = text + std::strlen(text);
  const auto [rest, error] = std::from_chars(text, end, number);
  return error == std::errc() && rest == end ? number : 0;
}

int SocketOption(int fd, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  getsockopt(fd, SOL_SOCKET, option, &value, &size);
  return value;
}

bool IsListening(int fd) {
  const int family = SocketOption(fd, SO_DOMAIN);
  return (family == AF_INET || family == AF_INET6 || family == AF_UNIX) &&
         SocketOption(fd, SO_TYPE) == SOCK_STREAM &&
         SocketOption(fd, SO_ACCEPTCONN) == 1;
}

std::string ErrorText(int error) {
  return std::generic_category().message(error);
}

}  // namespace

Result<std::vector<Listener>> Listen(const ListenAddress& address) {
  std::vector<Listener> listeners;
  if (address.host.empty()) {
    Opened opened = OpenWildcard(address.port);
    if (opened.error != 0) return Refuse(address, ErrorText(opened.error));
    std::string bound = BoundAddress(opened.socket.Get());
    listeners.push_back({std::move(opened.socket), std::move(bound)});
    return listeners;
  }

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int found =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(),
                  &hints, &list);
  if (found != 0) return Refuse(address, gai_strerror(found));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list,
                                                                 freeaddrinfo);
  int missing = 0;  // Why a family that this machine lacks was passed over.
  for (const addrinfo* entry = list; entry; entry = entry->ai_next) {
    Opened opened = Open(entry->ai_addr, entry->ai_addrlen);
    if (opened.error == EAFNOSUPPORT || opened.error == EADDRNOTAVAIL) {
      missing = opened.error;
      continue;
    }
    if (opened.error != 0) return Refuse(address, ErrorText(opened.error));
    std::string bound = BoundAddress(opened.socket.Get());
    listeners.push_back({std::move(opened.socket), std::move(bound)});
  }
  if (listeners.empty()) return Refuse(address, ErrorText(missing));
  return listeners;
}

Result<std::vector<Listener>> InheritedListeners() {
  constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
  // systemd says for whom they are: variables outlive an exec, and a fork.
  const int count =
      NumberIn("LISTEN_PID") == getpid() ? NumberIn("LISTEN_FDS") : 0;
  if (count <= 0) {
    return Fail(ErrorKind::kConfig,
                "systemd passed no socket (LISTEN_PID, LISTEN_FDS): start the "
                "service by its .socket unit");
  }
  std::vector<Listener> listeners;
  for (int i = 0; i < count; ++i) {
    const int fd = kFirst + i;
    if (!IsListening(fd)) {
      return Fail(ErrorKind::kConfig,
                  "the socket that systemd passed as descriptor " +
                      std::to_string(fd) +
                      " does not listen for streams: give the .socket unit "
                      "ListenStream= and Accept=no");
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    listeners.push_back({FileDescriptor(fd), BoundAddress(fd)});
  }
  return listeners;
}

}  // namespace exporter
