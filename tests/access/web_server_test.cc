#include "access/web_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <latch>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "test_server.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

TEST(WebServerTest, AnswersWithExactHeaders) {
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

TEST(WebServerTest, DoesNotKnowOtherPaths) {
  TestServer server({PlainRoute("/metrics")});
  RawClient client = server.Connect();

  for (const char* target : {"/", "/metrics/", "//metrics", "/METRICS",
                             "/metrics%20", "/metrics.", "/%5cmetrics"}) {
    EXPECT_EQ(client.Get(target).status, 404) << target;
  }
  EXPECT_EQ(client.Get("/%6detrics?x#").status, 400);
}

TEST(WebServerTest, SaysWhichMethodsItAllows) {
  Route route = PlainRoute();
  route.methods = {"GET", "POST"};
  TestServer server({route});
  RawClient client = server.Connect();

  const RawResponse refused =
      client.Ask("DELETE / HTTP/1.1\r\nHost: x\r\n\r\n");

  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.Header("Allow"), "GET, HEAD, POST, OPTIONS");
  EXPECT_EQ(client
                .Ask("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n"
                     "abc")
                .status,
            200);
  EXPECT_EQ(client.Ask("get / HTTP/1.1\r\nHost: x\r\n\r\n").status, 405);
}

TEST(WebServerTest, AnswersOptionsWithoutTheHandler) {
  Route route = PlainRoute();
  route.handle = [](const ServeRequest&) {
    ADD_FAILURE() << "nobody asked for it";
    return ServeResponse{};
  };
  TestServer server({route});
  RawClient client = server.Connect();

  const RawResponse options =
      client.Ask("OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n");

  EXPECT_EQ(options.status, 200);
  EXPECT_EQ(options.Header("Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(options.Header("Content-Length"), "0");
  EXPECT_EQ(client.Ask("OPTIONS /no HTTP/1.1\r\nHost: x\r\n\r\n").status, 404);
}

TEST(WebServerTest, CompressesWhereTheClientAllowsIt) {
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

TEST(WebServerTest, RefusesTheScrapeThatIsOneTooMany) {
  Turnstile turnstile;
  Route health = PlainRoute("/-/healthy");
  health.open = true;
  TestServer server({TurnstileScrape(turnstile), health, PlainRoute("/")},
                    {.max_requests = 2});
  RawClient first = server.Connect();
  RawClient second = server.Connect();
  first.Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  second.Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  turnstile.WaitUntilInside(2);

  const HttpAnswer third = server.Get("/metrics");
  EXPECT_EQ(third.status, 503);
  EXPECT_EQ(third.Header("Retry-After"), "1");
  EXPECT_EQ(server.Get("/-/healthy").status, 200);
  EXPECT_EQ(server.Get("/").status, 200);

  turnstile.Open();
  EXPECT_EQ(first.Receive().status, 200);
  EXPECT_EQ(second.Receive().status, 200);
  EXPECT_EQ(second.Get("/metrics").status, 200) << "there is room again";
}

TEST(WebServerTest, TakesAllScrapesWithoutALimit) {
  constexpr std::size_t kScrapes = 100;
  std::vector<Route::Then> begun;  // The engine's thread's.
  Route route = PlainRoute("/metrics");
  route.scrape = [&](const ServeRequest&, Route::Then then) {
    begun.push_back(std::move(then));
    if (begun.size() < kScrapes) return;
    for (const Route::Then& answer : begun) {
      answer([] { return ServeResponse{}; });
    }
  };
  TestServer server({route, PlainRoute()}, WebServerOptions{.max_requests = 0});
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kScrapes; ++i) {
    clients.push_back(server.Connect());
    clients.back().Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  }

  for (RawClient& client : clients) EXPECT_EQ(client.Receive().status, 200);
}

TEST(WebServerTest, TurnsAnExceptionIntoAnError) {
  Route route = PlainRoute();
  route.handle = [](const ServeRequest&) -> ServeResponse {
    throw std::runtime_error("a bug");
  };
  TestServer server({route});

  EXPECT_EQ(server.Get("/").status, 500);
}

TEST(WebServerTest, WritesFewLargeAnswersAtOnce) {
  constexpr int kClients = 12;
  Turnstile turnstile;
  std::latch all_have_begun(kClients);
  std::atomic<int> writing = 0;
  std::atomic<int> most_writing = 0;
  Route large = TurnstileScrape(turnstile);
  large.scrape = [&](const ServeRequest&, const Route::Then& then) {
    all_have_begun.count_down();
    then([&] {
      all_have_begun.wait();
      const int now = ++writing;
      for (int most = most_writing; most < now;) {
        most_writing.compare_exchange_weak(most, now);
      }
      ServeResponse response = turnstile.Pass();
      --writing;
      return response;
    });
  };
  TestServer server({large, PlainRoute()});
  std::vector<RawClient> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(server.Connect());
    clients.back().Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  turnstile.WaitUntilInside(4);

  EXPECT_EQ(server.Get("/").status, 200) << "pages do not wait";
  turnstile.Open();

  for (RawClient& client : clients) {
    EXPECT_EQ(client.Receive().body, "passed\n");
  }
  EXPECT_LE(most_writing, 4);
}

// Requests of scrapes that were begun, to be answered later.
class Begun {
 public:
  Route Scrape() {
    Route route = PlainRoute("/metrics");
    route.handle = nullptr;
    route.scrape = [this](const ServeRequest&, Route::Then then) {
      const std::lock_guard lock(mutex_);
      all_.push_back(std::move(then));
    };
    return route;
  }

  // Waits for `count` of them.
  std::vector<Route::Then> Take(std::size_t count) {
    const auto start = steady_clock::now();
    while (steady_clock::now() - start < 30s) {
      {
        const std::lock_guard lock(mutex_);
        if (all_.size() >= count) return std::exchange(all_, {});
      }
      std::this_thread::sleep_for(1ms);
    }
    ADD_FAILURE() << "they never came";
    return {};
  }

 private:
  std::mutex mutex_;
  std::vector<Route::Then> all_;
};

std::ptrdiff_t ThreadsOfThisProcess() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

TEST(WebServerTest, AScrapeThatWaitsTakesNoThread) {
  constexpr std::size_t kClients = 60;
  Begun begun;
  WebServerOptions options;
  options.max_requests = kClients;
  TestServer server({begun.Scrape()}, options);
  const std::ptrdiff_t before = ThreadsOfThisProcess();
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.push_back(server.Connect());
    clients.back().Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  const std::vector<Route::Then> scrapes = begun.Take(kClients);

  EXPECT_EQ(ThreadsOfThisProcess(), before);
  EXPECT_EQ(server.Get("/metrics").status, 503);

  for (const Route::Then& then : scrapes) {
    then([] { return ServeResponse{.body = "done\n"}; });
  }
  for (RawClient& client : clients) {
    EXPECT_EQ(client.Receive().body, "done\n");
  }
}

TEST(WebServerTest, AScrapeThatIsDroppedFreesItsPlaceAndIsAnError) {
  Begun begun;
  WebServerOptions options;
  options.max_requests = 1;
  TestServer server({begun.Scrape()}, options);
  for (int i = 0; i < 2; ++i) {
    RawClient client = server.Connect();
    client.Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");

    begun.Take(1).clear();

    EXPECT_EQ(client.Receive().status, 500);
  }
}

TEST(WebServerTest, TurnsAnExceptionOfAnyPartIntoAnError) {
  Route early = PlainRoute("/early");
  early.scrape = [](const ServeRequest&, const Route::Then&) {
    throw std::runtime_error("a bug");
  };
  Route late = PlainRoute("/late");
  late.scrape = [](const ServeRequest&, const Route::Then& then) {
    then([]() -> ServeResponse { throw std::runtime_error("a bug"); });
  };
  Route amid = PlainRoute("/amid");
  amid.scrape = [](const ServeRequest&, const Route::Then& then) {
    then([] {
      return ServeResponse{.rest = [](std::string& out) -> bool {
        out += "x";
        throw std::runtime_error("a bug");
      }};
    });
  };
  TestServer server({early, late, amid});
  RawClient client = server.Connect();

  EXPECT_EQ(client.Get("/early").status, 500);
  EXPECT_EQ(client.Get("/late").status, 500);
  for (const char* header : {"", "Accept-Encoding: gzip\r\n"}) {
    const RawResponse response = client.Get("/amid", header);
    EXPECT_EQ(response.status, 500) << header;
    EXPECT_EQ(response.body, "500 Internal Server Error\n") << header;
  }
  EXPECT_EQ(server.Count("plain", "500"), 4);
}

// "/" is a scrape and "/page" a page, with a body of 2 MB.
std::vector<Route> LargeRoutes() {
  const auto large = [] {
    const auto line = std::make_shared<int>(0);
    return ServeResponse{.rest = [line](std::string& out) {
      for (int i = 0; i < 1000; ++i)
        out += std::to_string(++*line * 7919) + "\n";
      return *line < 200'000;
    }};
  };
  Route scrape = PlainRoute("/");
  scrape.scrape = [large](const ServeRequest&, const Route::Then& then) {
    then(large);
  };
  Route page = PlainRoute("/page");
  page.handle = [large](const ServeRequest&) { return large(); };
  return {scrape, page};
}

TEST(WebServerTest, TellsHeadTheLengthOfALargeBody) {
  TestServer server(LargeRoutes());
  RawClient client = server.Connect();
  for (const std::string path : {"/", "/page"}) {
    for (const std::string header : {"", "Accept-Encoding: gzip\r\n"}) {
      const RawResponse whole = client.Get(path, header);
      ASSERT_EQ(whole.Header("Transfer-Encoding"), "chunked");

      client.Send("HEAD " + path + " HTTP/1.1\r\nHost: x\r\n" + header +
                  "\r\n");
      const RawResponse head = client.Receive(false);

      EXPECT_EQ(head.Header("Content-Length"),
                std::to_string(whole.body.size()));
      EXPECT_EQ(head.Header("Content-Encoding"),
                whole.Header("Content-Encoding"));
    }
  }
  EXPECT_EQ(client.Get("/page").status, 200) << "and sends no body";
  EXPECT_EQ(server.Count("plain", "200"), 9);
}

// More clients than there are writers, none of which reads.
TEST(WebServerTest, SmallBodiesDoNotWaitForClientsThatDoNotRead) {
  std::vector<Route> routes = LargeRoutes();
  routes.push_back(PlainScrape("/probe", "small\n"));
  WebServerOptions options;
  options.limits.write_time = 1h;
  TestServer server(std::move(routes), options);
  std::vector<std::unique_ptr<RawClient>> crowd;
  for (int i = 0; i < 12; ++i) {
    crowd.push_back(std::make_unique<RawClient>(server.Port(), 4096));
    for (int j = 0; j < 10; ++j) {
      crowd.back()->Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    std::string begun;
    ASSERT_TRUE(crowd.back()->Take(1, begun));
  }

  EXPECT_EQ(server.Get("/probe").body, "small\n");
}

TEST(WebServerTest, KeepsNoBodyOfARequest) {
  Route route = PlainRoute("/metrics");
  route.methods = {"POST"};
  std::size_t kept = 0;
  route.scrape = [&kept](const ServeRequest& request, const Route::Then& then) {
    kept = request.body.capacity();
    then([] { return ServeResponse{}; });
  };
  TestServer server({route});

  const RawResponse response = server.Connect().Ask(
      "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n" +
      std::string(60'000, 'b'));

  EXPECT_EQ(response.status, 200);
  EXPECT_LT(kept, 100U);
}

TEST(WebServerTest, CountsAnswersByHandlerAndCode) {
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

TEST(WebServerTest, CutsAClientThatDoesNotRead) {
  const Route big = PlainScrape("/", std::string(50'000'000, 'a'));
  WebServerOptions options;
  options.limits.write_time = 300ms;
  options.max_requests = 1;
  TestServer server({big}, options);
  RawClient client(server.Port(), /*receive_buffer=*/4096);
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

  // Its place is taken until it is cut, and free then.
  const auto start = steady_clock::now();
  int status = 503;
  while (status == 503 && steady_clock::now() - start < 5s) {
    std::this_thread::sleep_for(20ms);
    status = server.Get("/", {{"Accept-Encoding", "gzip"}}).status;
  }

  EXPECT_EQ(status, 200);
  EXPECT_LT(client.ReadToEnd().size(), 50'000'000U);
}

TEST(WebServerTest, AScrapeKeepsItsPlaceUntilItsClientHasReadAll) {
  const Route big = PlainScrape("/", std::string(50'000'000, 'a'));
  WebServerOptions options;
  options.limits.write_time = 1h;
  options.max_requests = 1;
  TestServer server({big}, options);
  RawClient client(server.Port(), /*receive_buffer=*/4096);
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  char first = 0;
  ASSERT_EQ(recv(client.Fd(), &first, 1, MSG_PEEK), 1);
  std::this_thread::sleep_for(100ms);  // The worker is done with it by then.

  EXPECT_EQ(server.Get("/").status, 503);
}

TEST(WebServerTest, AnswersOpenPathsHoweverManyPagesAreBeingMade) {
  Turnstile turnstile;
  const Route page = TurnstilePage(turnstile);
  Route health = PlainRoute("/-/healthy");
  health.open = true;
  TestServer server({page, health});
  std::vector<std::unique_ptr<RawClient>> crowd;
  for (int i = 0; i < 65; ++i) {
    crowd.push_back(std::make_unique<RawClient>(server.Port()));
    crowd.back()->Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  const auto start = steady_clock::now();
  while (server.Count("metrics", "503") < 1 &&
         steady_clock::now() - start < 30s) {
    std::this_thread::sleep_for(1ms);
  }

  EXPECT_EQ(server.Get("/-/healthy").status, 200);
  turnstile.Open();
}

}  // namespace
}  // namespace exporter
