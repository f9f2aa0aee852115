#include <gtest/gtest.h>

#include <chrono>
#include <future>

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
  TestServer server({PlainRoute()});
  for (int i = 0; i < 50; ++i) {
    RawClient client = server.Connect();
    client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    if (i == 49) server.Drain(10s);
    EXPECT_EQ(client.Receive().status, 200);
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
