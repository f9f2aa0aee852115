#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "http/server.h"
#include "http/session.h"
#include "support/raw_client.h"
#include "support/started_port.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

using Giving = std::function<Task<bool>(Session&)>;

class ScriptedAnswer final : public RawAnswer {
 public:
  ScriptedAnswer(Giving give, std::promise<void>& over)
      : give_(std::move(give)), over_(over) {}
  ~ScriptedAnswer() override { over_.set_value(); }
  ScriptedAnswer(const ScriptedAnswer&) = delete;
  ScriptedAnswer& operator=(const ScriptedAnswer&) = delete;

  Task<bool> Give(Session& session) override { return give_(session); }

 private:
  const Giving give_;
  std::promise<void>& over_;
};

// A server that gives one such answer, and then plain ones.
class RawAnswerTest : public testing::Test {
 protected:
  RawClient Ask(Giving give) {
    give_ = std::move(give);
    RawClient client(StartedPort(server_));
    client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    return client;
  }

  bool IsOver() {
    return over_.get_future().wait_for(30s) == std::future_status::ready;
  }

 private:
  Giving give_;
  std::promise<void> over_;
  Server server_{ServerOptions{.addresses = {{.host = "127.0.0.1", .port = 0}}},
                 [this](const ServeRequest&, Responder responder) {
                   if (!give_) return responder.Send({.body = "plain"});
                   responder.Send(std::make_shared<ScriptedAnswer>(
                       std::exchange(give_, nullptr), over_));
                 }};
};

TEST_F(RawAnswerTest, SendsWhatItLikesAndGoesOn) {
  RawClient client = Ask([](Session& session) -> Task<bool> {
    if (!co_await session.Send("HTTP/1.1 299 Odd\r\nContent-Le")) {
      co_return false;
    }
    co_return co_await session.Send("ngth: 2\r\n\r\nhi");
  });

  const RawResponse response = client.Receive();

  EXPECT_EQ(response.status, 299);
  EXPECT_EQ(response.body, "hi");
  EXPECT_TRUE(IsOver());
  EXPECT_EQ(client.Get("/").body, "plain");
}

TEST_F(RawAnswerTest, KeepsWhatIsAskedMeanwhile) {
  std::promise<void> stays;
  RawClient client = Ask([&](Session& session) -> Task<bool> {
    stays.set_value();
    const Deadline soon = SystemClock().SteadyNow() + 50ms;
    if (!co_await session.Stay(soon)) co_return false;
    const ServeResponse empty;
    const std::string head = session.Head(empty, 0);
    co_return co_await session.Send(head);
  });
  stays.get_future().get();
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

  EXPECT_EQ(client.Receive().body, "");
  EXPECT_EQ(client.Receive().body, "plain");
}

TEST_F(RawAnswerTest, IsOverOnceTheClientLeaves) {
  {
    RawClient client = Ask([](Session& session) -> Task<bool> {
      co_return co_await session.Stay(Deadline::max());
    });
  }

  EXPECT_TRUE(IsOver());
}

TEST_F(RawAnswerTest, MayResetTheConnection) {
  RawClient client = Ask([](Session& session) -> Task<bool> {
    session.Cut();
    co_return false;
  });

  char byte = 0;
  EXPECT_EQ(recv(client.Fd(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, ECONNRESET);
  EXPECT_TRUE(IsOver());
}

TEST_F(RawAnswerTest, MayHaveABodyThatEndsWithTheConnection) {
  RawClient client = Ask([](Session& session) -> Task<bool> {
    const ServeResponse empty;
    const std::string bytes = session.Head(empty, std::nullopt) + "all of it";
    co_await session.Send(bytes);
    co_return false;
  });

  const std::string answer = client.ReadToEnd();

  EXPECT_TRUE(answer.ends_with("\r\n\r\nall of it")) << answer;
  EXPECT_EQ(answer.find("Content-Length"), std::string::npos);
  EXPECT_TRUE(IsOver());
}

TEST_F(RawAnswerTest, MayEndTheConnectionWithoutAnAnswer) {
  RawClient client = Ask([](Session&) -> Task<bool> { co_return false; });

  EXPECT_TRUE(client.ClosedByServer());
  EXPECT_TRUE(IsOver());
}

}  // namespace
}  // namespace exporter
