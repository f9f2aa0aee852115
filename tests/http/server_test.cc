#include "http/server.h"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "base/time_format.h"
#include "support/fake_clock.h"
#include "test_server.h"

namespace exporter {
namespace {

constexpr char kGet[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(ServerTest, ShowsTheHandlerTheRequest) {
  Route route = PlainRoute("/probe");
  route.handle = [](const ServeRequest& request) {
    ServeResponse response{.status = 400};
    response.content_type = "application/x";
    response.body =
        std::string(request.Parameter("a")) + "|" + request.Header("x-budget");
    response.headers.emplace_back("X-More", "yes");
    return response;
  };
  TestServer server({route});

  const RawResponse response =
      server.Connect().Get("/probe?a=b%20c", "X-Budget: 7\r\n");

  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, "b c|7");
  EXPECT_EQ(response.Header("Content-Type"), "application/x");
  EXPECT_EQ(response.Header("X-More"), "yes");
}

TEST(ServerTest, LetsOthersInBetweenPipelinedRequests) {
  constexpr int kRequests = 300;
  std::promise<void> entered;
  std::promise<void> gate;
  std::vector<std::string> order;  // The engine's thread's.
  Route first = PlainRoute("/first");
  first.handle = [&](const ServeRequest&) {
    entered.set_value();
    gate.get_future().wait();
    return ServeResponse{};
  };
  const auto noting = [&](const std::string& path) {
    Route route = PlainRoute(path);
    route.handle = [&](const ServeRequest& request) {
      order.push_back(request.path);
      return ServeResponse{};
    };
    return route;
  };
  TestServer server({first, noting("/greedy"), noting("/modest")});
  RawClient greedy = server.Connect();
  RawClient modest = server.Connect();
  greedy.Send("GET /first HTTP/1.1\r\nHost: x\r\n\r\n");
  entered.get_future().wait();
  for (int i = 0; i < kRequests; ++i) {
    greedy.Send("GET /greedy HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  modest.Send("GET /modest HTTP/1.1\r\nHost: x\r\n\r\n");

  gate.set_value();
  EXPECT_EQ(modest.Receive().status, 200);
  for (int i = 0; i <= kRequests; ++i) EXPECT_EQ(greedy.Receive().status, 200);

  server.Drain(std::chrono::seconds(30));
  EXPECT_EQ(order.size(), kRequests + 1);
  EXPECT_EQ(order.back(), "/greedy");
}

TEST(ServerTest, SaysTheDateOfTheClockThatItIsGiven) {
  const FakeClock clock;
  TestServer server({PlainRoute()}, {.date = [&] { return clock.WallNow(); }});

  EXPECT_EQ(server.Connect().Get("/").Header("Date"),
            FormatHttpDate(clock.WallNow()));
}

TEST(ServerTest, AnswersHeadWithTheLengthAlone) {
  TestServer server({PlainRoute()});
  RawClient client = server.Connect();

  client.Send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  const RawResponse head = client.Receive(/*with_body=*/false);

  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Header("Content-Length"), "6");
  EXPECT_EQ(client.Get("/").body, "hello\n") << "the connection goes on";
}

TEST(ServerTest, KeepsTheConnectionUntilTheClientIsDone) {
  TestServer server({PlainRoute()});
  RawClient client = server.Connect();

  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.Get("/").status, 200);
  EXPECT_EQ(client.Get("/", "Connection: close\r\n").Header("Connection"),
            "close");
  EXPECT_TRUE(client.ClosedByServer());
}

TEST(ServerTest, AnswersHttp10AndHangsUp) {
  TestServer server({PlainRoute()});
  RawClient client = server.Connect();

  EXPECT_EQ(client.Ask("GET / HTTP/1.0\r\n\r\n").body, "hello\n");
  EXPECT_TRUE(client.ClosedByServer());
}

TEST(ServerTest, AnswersAClientThatSaidAllItHasToSay) {
  TestServer server({PlainRoute()});
  RawClient client = server.Connect();

  client.Send(kGet);
  client.EndSending();

  EXPECT_EQ(client.Receive().body, "hello\n");
  EXPECT_TRUE(client.ClosedByServer());
}

TEST(ServerTest, AnswersPipelinedRequestsInOrder) {
  TestServer server({PlainRoute("/1", "one"), PlainRoute("/2", "two")});
  RawClient client = server.Connect();
  std::string requests;
  for (int i = 0; i < 500; ++i) {
    requests += "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n";
    requests += "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n";
    requests += "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n";
  }

  std::thread sender([&] { client.Send(requests); });

  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(client.Receive().body, "one") << i;
    ASSERT_EQ(client.Receive().body, "two") << i;
    ASSERT_EQ(client.Receive().status, 404) << i;
  }
  sender.join();
}

TEST(ServerTest, SendsLargeBodiesWhole) {
  std::string body;
  while (body.size() < 20'000'000) body += std::to_string(body.size()) + "\n";
  TestServer server({PlainRoute("/", body)});
  RawClient client = server.Connect();

  for (int i = 0; i < 2; ++i) EXPECT_EQ(client.Get("/").body, body);
}

TEST(ServerTest, SurvivesAClientThatLeavesBeforeItsAnswer) {
  Turnstile turnstile;
  TestServer server({TurnstileRoute(turnstile), PlainRoute()});
  {
    RawClient gone = server.Connect();
    gone.Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    turnstile.WaitUntilInside(1);
  }
  turnstile.Open();

  EXPECT_EQ(server.Connect().Get("/").status, 200);
}

TEST(ServerTest, SeesAnAddressInUse) {
  TestServer first({PlainRoute()});
  Server second({.addresses = {{.host = "127.0.0.1", .port = first.Port()}}},
                [](const ServeRequest&, Responder) {});

  const auto started = second.Start();

  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message,
            "listening on 127.0.0.1:" + std::to_string(first.Port()) +
                ": Address already in use");
}

TEST(ServerTest, ServesSeveralAddresses) {
  Server server({.addresses = {{.host = "127.0.0.1", .port = 0},
                               {.host = "", .port = 0}}},
                [](const ServeRequest&, Responder responder) {
                  responder.Send({.body = "hello\n"});
                });

  const auto bound = server.Start();

  ASSERT_TRUE(bound) << bound.error().message;
  ASSERT_EQ(bound->size(), 2U);
  for (const std::string& address : *bound) {
    const auto port = static_cast<std::uint16_t>(
        std::stoul(address.substr(address.rfind(':') + 1)));
    EXPECT_EQ(RawClient(port).Get("/").status, 200) << address;
  }
}

}  // namespace
}  // namespace exporter
