#include "http/session.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <utility>

#include "http/engine.h"
#include "support/fake_clock.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

// A client that is silent once its handshake is done.
class SilentChannel final : public Channel {
 public:
  explicit SilentChannel(const bool& is_done) : is_done_(is_done) {}
  IoState Handshake() override {
    return is_done_ ? IoState::kDone : IoState::kWantsRead;
  }
  IoResult Read(std::span<char>) override { return {IoState::kWantsRead}; }
  IoResult Write(std::string_view) override { return {IoState::kWantsWrite}; }
  void EndWriting() override {}

 private:
  const bool& is_done_;
};

TEST(SessionTest, AHandshakeTakesItsTimeFromTheFirstRequest) {
  const FakeClock start;
  FakeClock clock;
  ServerOptions options;
  options.limits.request_time = 10s;
  const auto ignore = [](const ServeRequest&, Responder) {};
  Engine engine(options, ignore, clock);
  boost::asio::io_context loop;
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const FileDescriptor client(ends[0]);
  TcpSocket socket(loop);
  socket.assign(boost::asio::ip::tcp::v6(), ends[1]);
  bool handshake_is_done = false;
  Session session(engine, 1, std::move(socket),
                  std::make_unique<SilentChannel>(handshake_is_done));
  boost::asio::co_spawn(loop, session.Run(), [](const std::exception_ptr&) {});
  clock.Advance(1s);
  loop.poll();
  EXPECT_EQ(session.phase(), Session::Phase::kHandshake);

  handshake_is_done = true;
  clock.Advance(8s);
  session.Wake();
  loop.poll();

  EXPECT_EQ(session.phase(), Session::Phase::kReading);
  EXPECT_EQ(session.deadline(), start.SteadyNow() + 10s);
  session.Cut();
  loop.run();
}

}  // namespace
}  // namespace exporter
