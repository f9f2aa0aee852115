#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <thread>

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
