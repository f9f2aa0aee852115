#include "http/channel.h"

#include <sys/socket.h>

#include <cerrno>

namespace exporter {
namespace {

IoResult ToResult(ssize_t bytes) {
  if (bytes > 0) return {IoState::kDone, static_cast<std::size_t>(bytes)};
  const bool again = bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  return {again ? IoState::kAgain : IoState::kClosed};
}

class PlainChannel final : public Channel {
 public:
  explicit PlainChannel(int fd) : fd_(fd) {}

  IoState Handshake() override { return IoState::kDone; }

  IoResult Read(std::span<char> into) override {
    return ToResult(recv(fd_, into.data(), into.size(), 0));
  }

  IoResult Write(std::string_view bytes) override {
    return ToResult(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }

  void EndWriting() override { shutdown(fd_, SHUT_WR); }

 private:
  int fd_;
};

}  // namespace

std::unique_ptr<Channel> MakePlainChannel(const FileDescriptor& socket) {
  return std::make_unique<PlainChannel>(socket.Get());
}

}  // namespace exporter
