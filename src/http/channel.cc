#include "http/channel.h"

#include <sys/socket.h>

#include <cerrno>

namespace exporter {
namespace {

IoResult ToResult(ssize_t bytes, IoState again) {
  if (bytes > 0) return {IoState::kDone, static_cast<std::size_t>(bytes)};
  const bool waits = bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  return {waits ? again : IoState::kClosed};
}

class PlainChannel final : public Channel {
 public:
  explicit PlainChannel(int fd) : fd_(fd) {}

  IoState Handshake() override { return IoState::kDone; }

  IoResult Read(std::span<char> into) override {
    return ToResult(recv(fd_, into.data(), into.size(), 0),
                    IoState::kWantsRead);
  }

  IoResult Write(std::string_view bytes) override {
    return ToResult(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
                    IoState::kWantsWrite);
  }

  [[nodiscard]] bool IsPlain() const override { return true; }

  void EndWriting() override { shutdown(fd_, SHUT_WR); }

 private:
  int fd_;
};

}  // namespace

std::unique_ptr<Channel> MakePlainChannel(int socket) {
  return std::make_unique<PlainChannel>(socket);
}

}  // namespace exporter
