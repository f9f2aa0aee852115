#include <gtest/gtest.h>

#include <thread>

#include "access/web_server.h"
#include "test_server.h"

namespace exporter {
namespace {

constexpr char kGet[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(ServerTest, AnswersWithExactHeaders) {
  TestServer server({PlainRoute()});

  const RawResponse response = server.Connect().Get("/");

  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hello\n");
  EXPECT_TRUE(response.head.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(response.Header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(response.Header("Content-Length"), "6");
  EXPECT_EQ(response.Header("Vary"), "Accept-Encoding");
  EXPECT_EQ(response.Header("Connection"), "(none)");
  EXPECT_TRUE(response.Header("Date").ends_with(" GMT"));
}

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

TEST(ServerTest, AnswersHeadWithTheLengthAlone) {
  TestServer server({PlainRoute()});
  RawClient client = server.Connect();

  client.Send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  const RawResponse head = client.Receive(/*with_body=*/false);

  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Header("Content-Length"), "6");
  EXPECT_EQ(client.Get("/").body, "hello\n") << "the connection goes on";
}

TEST(ServerTest, DoesNotKnowOtherPaths) {
  TestServer server({PlainRoute("/metrics")});
  RawClient client = server.Connect();

  for (const char* target : {"/", "/metrics/", "//metrics", "/METRICS",
                             "/metrics%20", "/metrics.", "/%5cmetrics"}) {
    EXPECT_EQ(client.Get(target).status, 404) << target;
  }
  EXPECT_EQ(client.Get("/%6detrics?x#").status, 400);
}

TEST(ServerTest, SaysWhichMethodsItAllows) {
  Route route = PlainRoute();
  route.methods = {"GET", "POST"};
  TestServer server({route});
  RawClient client = server.Connect();

  const RawResponse refused =
      client.Ask("DELETE / HTTP/1.1\r\nHost: x\r\n\r\n");

  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.Header("Allow"), "GET, HEAD, POST");
  EXPECT_EQ(client
                .Ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n"
                     "abc")
                .status,
            200);
  EXPECT_EQ(client.Ask("get / HTTP/1.1\r\nHost: x\r\n\r\n").status, 405);
}

TEST(ServerTest, CompressesWhereTheClientAllowsIt) {
  TestServer server({PlainRoute("/", std::string(10'000, 'a'))});
  RawClient client = server.Connect();

  const RawResponse gzip = client.Get("/", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(gzip.Header("Content-Encoding"), "gzip");
  EXPECT_LT(gzip.body.size(), 200U);

  const RawResponse plain = client.Get("/", "Accept-Encoding: gzip;q=0\r\n");
  EXPECT_EQ(plain.Header("Content-Encoding"), "(none)");
  EXPECT_EQ(plain.Header("Vary"), "Accept-Encoding");
  EXPECT_EQ(plain.body.size(), 10'000U);
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

TEST(ServerTest, RefusesTheScrapeThatIsOneTooMany) {
  Turnstile turnstile;
  Route health = PlainRoute("/-/healthy");
  health.open = true;
  TestServer server({TurnstileRoute(turnstile), health, PlainRoute("/")},
                    {.max_requests = 2});
  RawClient first = server.Connect();
  RawClient second = server.Connect();
  first.Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  second.Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  turnstile.WaitUntilInside(2);

  const RawResponse third = server.Connect().Get("/metrics");
  EXPECT_EQ(third.status, 503);
  EXPECT_EQ(third.Header("Retry-After"), "1");
  EXPECT_EQ(server.Connect().Get("/-/healthy").status, 200);
  EXPECT_EQ(server.Connect().Get("/").status, 200);

  turnstile.Open();
  EXPECT_EQ(first.Receive().status, 200);
  EXPECT_EQ(second.Receive().status, 200);
  EXPECT_EQ(second.Get("/metrics").status, 200) << "there is room again";
}

TEST(ServerTest, TurnsAnExceptionIntoAnError) {
  Route route = PlainRoute();
  route.handle = [](const ServeRequest&) -> ServeResponse {
    throw std::runtime_error("a bug");
  };
  TestServer server({route});

  EXPECT_EQ(server.Connect().Get("/").status, 500);
}

TEST(ServerTest, CountsAnswersByHandlerAndCode) {
  TestServer server({PlainRoute()});
  EXPECT_EQ(server.Count("plain", "200"), 0);

  RawClient client = server.Connect();
  client.Get("/");
  client.Get("/");
  client.Get("/no");
  client.Ask("POST / HTTP/1.1\r\nHost: x\r\n\r\n");
  client.Ask("what\r\n\r\n");

  EXPECT_EQ(server.Count("plain", "200"), 2);
  EXPECT_EQ(server.Count("plain", "405"), 1);
  EXPECT_EQ(server.Count("other", "404"), 1);
  EXPECT_EQ(server.Count("other", "400"), 1);
}

TEST(ServerTest, SurvivesAClientThatLeavesBeforeItsAnswer) {
  Turnstile turnstile;
  TestServer server({TurnstileRoute(turnstile), PlainRoute()},
                    {.max_requests = 1});
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
  prometheus::Registry registry;
  WebServer second({.addresses = {{.host = "127.0.0.1", .port = first.Port()}}},
                   {}, registry);

  const auto started = second.Start();

  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message,
            "listening on 127.0.0.1:" + std::to_string(first.Port()) +
                ": Address already in use");
}

TEST(ServerTest, ServesSeveralAddresses) {
  prometheus::Registry registry;
  WebServer server({.addresses = {{.host = "127.0.0.1", .port = 0},
                                  {.host = "", .port = 0}}},
                   {PlainRoute()}, registry);

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
