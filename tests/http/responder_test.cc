#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/server.h"
#include "support/raw_client.h"
#include "support/started_port.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

// A server that hands out each request's Responder.
class ResponderTest : public testing::Test {
 protected:
  ResponderTest() { port_ = StartedPort(*server_); }

  // Of a client's GET, once the engine has read it.
  std::unique_ptr<Responder> Ask(RawClient& client) {
    asked_ = {};
    client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    return asked_.get_future().get();
  }

  std::promise<std::unique_ptr<Responder>> asked_;
  std::vector<int> own_answers_;
  std::unique_ptr<Server> server_ = std::make_unique<Server>(
      ServerOptions{.addresses = {{.host = "127.0.0.1", .port = 0}},
                    .on_own_answer =
                        [this](ServeResponse& response) {
                          own_answers_.push_back(response.status);
                          response.headers.emplace_back("X-Own", "yes");
                        }},
      [this](const ServeRequest&, Responder responder) {
        asked_.set_value(std::make_unique<Responder>(std::move(responder)));
      });
  std::uint16_t port_ = 0;
};

TEST_F(ResponderTest, Answers500WhereItIsDropped) {
  RawClient client(port_);
  Ask(client).reset();

  const RawResponse response = client.Receive();

  ASSERT_EQ(response.status, 500);
  EXPECT_EQ(response.Header("X-Own"), "yes");
  Ask(client)->Send({.body = "it goes on"});
  EXPECT_EQ(client.Receive().body, "it goes on");
  EXPECT_EQ(own_answers_, std::vector<int>{500});
}

TEST_F(ResponderTest, TellsWhichRequestsWereRefused) {
  RawClient client(port_);

  const RawResponse response = client.Ask("what\r\n\r\n");

  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.Header("X-Own"), "yes");
  EXPECT_TRUE(client.ClosedByServer());
  EXPECT_EQ(own_answers_, std::vector<int>{400});
}

TEST_F(ResponderTest, LetsGoOnceTheClientHasAll) {
  RawClient client(port_);
  const auto responder = Ask(client);
  std::promise<void> let_go;

  responder->Send({.body = "hello\n"}, {&let_go, [](std::promise<void>* held) {
                                          held->set_value();
                                        }});

  EXPECT_EQ(client.Receive().body, "hello\n");
  EXPECT_EQ(let_go.get_future().wait_for(30s), std::future_status::ready);
}

TEST_F(ResponderTest, MayAnswerAfterTheServerIsGone) {
  RawClient late(port_);
  RawClient dropped(port_);
  const auto answered = Ask(late);
  auto forgotten = Ask(dropped);
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = held;

  server_.reset();
  answered->Send({.body = "too late"}, std::exchange(held, nullptr));
  EXPECT_TRUE(watched.expired()) << "nobody will take it";
  forgotten.reset();

  EXPECT_EQ(late.Receive().status, 0);
  EXPECT_EQ(dropped.Receive().status, 0);
  EXPECT_TRUE(own_answers_.empty());
}

}  // namespace
}  // namespace exporter
