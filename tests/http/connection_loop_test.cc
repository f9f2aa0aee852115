#include "http/connection_loop.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <latch>
#include <thread>
#include <vector>

#include "support/raw_client.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

TEST(ConnectionLoopTest, AnswersAllThatTheKernelTookInBeforeItDrains) {
  constexpr int kClients = 300;
  std::latch first_is_here(1);
  std::latch drain_is_wanted(1);
  const SystemClock clock;
  ConnectionLoop* answering = nullptr;
  ConnectionLoop loop(
      {}, 4096,
      [&](const FileDescriptor& socket) {
        if (!first_is_here.try_wait()) {
          first_is_here.count_down();
          drain_is_wanted.wait();  // Meanwhile, nothing is accepted.
        }
        return MakePlainChannel(socket);
      },
      [&](ConnectionId id, const std::string& /*peer*/,
          const ReadRequest& /*request*/) {
        answering->Answer(id, {.response = {.body = "hello\n"}});
      },
      clock);
  answering = &loop;
  auto listeners = Listen({.host = "127.0.0.1", .port = 0});
  ASSERT_TRUE(listeners) << listeners.error().message;
  const std::string& address = listeners->front().address;
  const auto port = static_cast<std::uint16_t>(
      std::stoul(address.substr(address.rfind(':') + 1)));
  loop.Start(std::move(*listeners));
  std::vector<RawClient> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back(port);
    clients.back().Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  first_is_here.wait();

  auto drained = std::async(std::launch::async,
                            [&] { loop.Drain(clock.SteadyNow() + 10s); });
  std::this_thread::sleep_for(100ms);  // Until it waits for the loop.
  drain_is_wanted.count_down();

  int answered = 0;
  for (RawClient& client : clients) {
    answered += static_cast<int>(client.Receive().status == 200);
    client.EndSending();
  }
  EXPECT_EQ(answered, kClients);
  drained.get();
}

}  // namespace
}  // namespace exporter
