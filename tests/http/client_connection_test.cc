#include "http/client_connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace exporter {
namespace {

using namespace std::chrono_literals;

// A client that is silent once its handshake is done.
class SilentChannel final : public Channel {
 public:
  explicit SilentChannel(const bool& is_done) : is_done_(is_done) {}
  IoState Handshake() override {
    return is_done_ ? IoState::kDone : IoState::kAgain;
  }
  IoResult Read(std::span<char>) override { return {IoState::kAgain}; }
  IoResult Write(std::string_view) override { return {IoState::kAgain}; }
  void EndWriting() override {}

 private:
  const bool& is_done_;
};

TEST(ClientConnectionTest, AHandshakeTakesItsTimeFromTheFirstRequest) {
  const Deadline start(1h);
  bool handshake_is_done = false;
  ClientConnection connection(
      FileDescriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      std::make_unique<SilentChannel>(handshake_is_done),
      {.request = {}, .request_time = 10s}, start);
  connection.Advance(start + 1s);
  EXPECT_EQ(connection.phase(), ClientConnection::Phase::kHandshake);

  handshake_is_done = true;
  connection.Advance(start + 9s);

  EXPECT_EQ(connection.phase(), ClientConnection::Phase::kReading);
  EXPECT_EQ(connection.deadline(), start + 10s);
}

}  // namespace
}  // namespace exporter
