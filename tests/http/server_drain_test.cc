#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "test_server.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

TEST(ServerDrainTest, FinishesWhatIsInHand) {
  Turnstile turnstile;
  TestServer server({TurnstileRoute(turnstile)});
  RawClient scrape = server.Connect();
  scrape.Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  turnstile.WaitUntilInside(1);

  auto drained = std::async(std::launch::async, [&] { server.Drain(10s); });
  RawClient late = server.Connect();
  while (late.Connected())
    late = server.Connect();  // Until it stops to listen.
  turnstile.Open();

  const RawResponse response = scrape.Receive();
  EXPECT_EQ(response.body, "passed\n");
  EXPECT_EQ(response.Header("Connection"), "close");
  EXPECT_TRUE(scrape.ClosedByServer());
  drained.get();
}

TEST(ServerDrainTest, ClosesIdleAndHalfRequestsAtOnce) {
  TestServer server({PlainRoute()});
  RawClient idle = server.Connect();
  EXPECT_EQ(idle.Get("/").status, 200);
  RawClient silent = server.Connect();
  RawClient half = server.Connect();
  half.Send("GET / HT");
  const auto start = steady_clock::now();

  server.Drain(10s);

  EXPECT_LT(steady_clock::now() - start, 5s);
  EXPECT_TRUE(idle.ClosedByServer());
  EXPECT_TRUE(silent.ClosedByServer());
  EXPECT_TRUE(half.ClosedByServer());
}

TEST(ServerDrainTest, AnswersWhatHasArrivedByThen) {
  // Each time, the loop is somewhere else between accepting and answering.
  for (int i = 0; i < 100; ++i) {
    TestServer server({PlainRoute()});
    RawClient first = server.Connect();
    first.Send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    RawClient second = server.Connect();
    second.Send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    std::thread clients([&] {
      EXPECT_EQ(first.Receive().status, 200) << i;
      EXPECT_EQ(second.Receive().status, 200) << i;
      first.EndSending();
      second.EndSending();
    });
    server.Drain(10s);
    clients.join();
  }
}

TEST(ServerDrainTest, AnswersAllThatTheKernelTookInBefore) {
  constexpr int kClients = 300;
  std::latch first_is_here(1);
  std::latch drain_is_wanted(1);
  TestServer server(
      {PlainRoute()}, {.tls = [&]() -> std::shared_ptr<SSL_CTX> {
        if (!first_is_here.try_wait()) {
          first_is_here.count_down();
          drain_is_wanted.wait();  // Meanwhile, nothing is accepted.
        }
        return nullptr;
      }});
  std::vector<RawClient> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back(server.Port());
    clients.back().Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  first_is_here.wait();

  auto drained = std::async(std::launch::async, [&] { server.Drain(10s); });
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

TEST(ServerDrainTest, CutsWhatTakesTooLong) {
  Turnstile turnstile;
  TestServer server({TurnstileRoute(turnstile)});
  RawClient scrape = server.Connect();
  scrape.Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  turnstile.WaitUntilInside(1);
  const auto start = steady_clock::now();

  server.Drain(200ms);

  EXPECT_GE(steady_clock::now() - start, 200ms);
  EXPECT_LT(steady_clock::now() - start, 2s);
  EXPECT_EQ(scrape.Receive().status, 0);
  turnstile.Open();
}

}  // namespace
}  // namespace exporter
