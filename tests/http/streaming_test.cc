// Bodies that are made while they are sent.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "support/captured_log.h"
#include "test_server.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

// More than the kernel takes of a client that does not read.
constexpr std::size_t kMuch = std::size_t{16} * 1024 * 1024;

// Pieces, of which it is known how many were made, and whether anybody has
// them still.
class Pieces {
 public:
  explicit Pieces(std::vector<std::string> pieces)
      : source_(std::make_shared<Source>(std::move(pieces), let_go_)),
        let_go_future_(let_go_.get_future()) {}

  // As the rest of one response.
  BodySource Take() {
    return [source = std::exchange(source_, nullptr),
            &made = made_](std::string& out) {
      out += source->pieces.at(made);
      return ++made < source->pieces.size();
    };
  }

  [[nodiscard]] std::size_t Made() const { return made_; }
  bool AreLetGo() {
    return let_go_future_.wait_for(30s) == std::future_status::ready;
  }

 private:
  struct Source {
    Source(std::vector<std::string> all, std::promise<void>& gone)
        : pieces(std::move(all)), let_go(gone) {}
    ~Source() { let_go.set_value(); }
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    const std::vector<std::string> pieces;
    std::promise<void>& let_go;
  };

  std::promise<void> let_go_;
  std::atomic<std::size_t> made_ = 0;
  std::shared_ptr<Source> source_;
  std::future<void> let_go_future_;
};

Route StreamingRoute(Pieces& pieces, std::string first = "") {
  return {.path = "/large", .handle = [&, first](const ServeRequest&) {
            return ServeResponse{.body = first, .rest = pieces.Take()};
          }};
}

// "/numbers" has a body of as many lines as anybody asks for.
Route NumbersRoute() {
  return {.path = "/numbers", .handle = [](const ServeRequest&) {
            const auto number = std::make_shared<int>(0);
            return ServeResponse{.rest = [number](std::string& out) {
              out += std::to_string(*number) + "\n";
              return ++*number < 1000;
            }};
          }};
}

std::string Numbers() {
  std::string numbers;
  for (int i = 0; i < 1000; ++i) numbers += std::to_string(i) + "\n";
  return numbers;
}

constexpr char kGet[] = "GET /large HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr char kGet10[] = "GET /large HTTP/1.0\r\n\r\n";

TEST(StreamingTest, SendsChunks) {
  Pieces pieces({"", "0123456789abcdef", "", "x"});
  TestServer server({StreamingRoute(pieces, "abc")});
  RawClient client = server.Connect();

  client.Send(kGet);
  client.EndSending();
  const std::string all = client.ReadToEnd();

  const std::size_t end = all.find("\r\n\r\n") + 4;
  EXPECT_EQ(all.substr(end),
            "3\r\nabc\r\n"
            "10\r\n0123456789abcdef\r\n"
            "1\r\nx\r\n"
            "0\r\n\r\n");
  const std::string head = all.substr(0, end);
  EXPECT_NE(head.find("\r\nTransfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Content-Length"), std::string::npos) << head;
  EXPECT_EQ(head.find("Trailer"), std::string::npos) << head;
  EXPECT_TRUE(pieces.AreLetGo());
}

TEST(StreamingTest, MayEndWithAnEmptyPiece) {
  Pieces pieces({"abc", ""});
  TestServer server({StreamingRoute(pieces)});

  EXPECT_EQ(server.Connect().Get("/large").body, "abc");
}

TEST(StreamingTest, GoesOnWithTheConnection) {
  TestServer server({NumbersRoute(), PlainRoute()});
  RawClient client = server.Connect();

  client.Send(
      "GET /numbers HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n");

  EXPECT_EQ(client.Receive().body, Numbers());
  EXPECT_EQ(client.Receive().body, "hello\n");
  EXPECT_EQ(client.Get("/numbers").body, Numbers());
}

TEST(StreamingTest, EndsWithTheConnectionInHttp10) {
  Pieces pieces({"abc", "def"});
  TestServer server({StreamingRoute(pieces)});
  RawClient client = server.Connect();

  client.Send(kGet10);
  const std::string all = client.ReadToEnd();

  EXPECT_TRUE(all.ends_with("\r\nConnection: close\r\n\r\nabcdef")) << all;
  EXPECT_EQ(all.find("Transfer-Encoding"), std::string::npos) << all;
  EXPECT_EQ(all.find("Content-Length"), std::string::npos) << all;
}

TEST(StreamingTest, MakesNothingForHead) {
  Pieces pieces({"abc", "def"});
  TestServer server({StreamingRoute(pieces, "begun"), PlainRoute()});
  RawClient client = server.Connect();

  client.Send("HEAD /large HTTP/1.1\r\nHost: x\r\n\r\n");
  const RawResponse response = client.Receive(false);

  EXPECT_EQ(response.Header("Transfer-Encoding"), "chunked");
  EXPECT_TRUE(pieces.AreLetGo());
  EXPECT_EQ(pieces.Made(), 0U);
  const RawResponse next = client.Get("/");
  EXPECT_TRUE(next.head.starts_with("HTTP/1.1 200 ")) << next.head;
  EXPECT_EQ(next.body, "hello\n");
}

// The server has one thread to make pieces on.
TEST(StreamingTest, AClientThatDoesNotReadHoldsAPieceAndNobodyUp) {
  Pieces pieces(std::vector<std::string>(4, std::string(kMuch, 'a')));
  TestServer server({StreamingRoute(pieces), NumbersRoute()});
  RawClient slow(server.Port(), 4096);
  slow.Send(kGet);

  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(server.Connect().Get("/numbers").body, Numbers());
  }

  EXPECT_LE(pieces.Made(), 1U);
  EXPECT_EQ(slow.Receive().body, std::string(4 * kMuch, 'a'));
  EXPECT_EQ(pieces.Made(), 4U);
  EXPECT_TRUE(pieces.AreLetGo());
}

TEST(StreamingTest, LetsGoOfWhatIsMadeForAClientThatVanishes) {
  Pieces pieces(std::vector<std::string>(4, std::string(kMuch, 'a')));
  TestServer server({StreamingRoute(pieces)});
  {
    RawClient client(server.Port(), 4096);
    client.Send(kGet);
    std::string some;
    ASSERT_TRUE(client.Take(1000, some));
  }

  EXPECT_TRUE(pieces.AreLetGo());
  EXPECT_EQ(pieces.Made(), 1U);
}

// Makers that make nothing until they are told to.
class HeldUpMakers {
 public:
  HeldUpMakers() {
    pool_.Post([this] { turnstile_.Pass(); });
    turnstile_.WaitUntilInside(1);
  }
  ~HeldUpMakers() { turnstile_.Open(); }  // Before the pool waits for it.
  HeldUpMakers(const HeldUpMakers&) = delete;
  HeldUpMakers& operator=(const HeldUpMakers&) = delete;

  WorkerPool& Pool() { return pool_; }
  // And returns once they have done all that there was.
  void GoOn() {
    turnstile_.Open();
    std::promise<void> done;
    pool_.PostLast([&] { done.set_value(); });
    done.get_future().wait();
  }

 private:
  Turnstile turnstile_;
  WorkerPool pool_{1};
};

ServeResponse LargeResponse(std::shared_ptr<int> part) {
  return {.body = std::string(kMuch, 'a'),
          .rest = [part = std::move(part)](std::string&) { return true; }};
}

// Or a crowd of such clients would have any number of rests in memory.
TEST(StreamingTest, WhoVanishesCountsUntilTheRestIsLetGoOf) {
  auto part = std::make_shared<int>();
  auto ticket = std::make_shared<int>();
  const std::weak_ptr<int> has_rest = part;
  const std::weak_ptr<int> counts = ticket;
  HeldUpMakers makers;
  ServerOptions options;
  options.addresses = {{.host = "127.0.0.1", .port = 0}};
  Server server(std::move(options), [&](const ServeRequest&, Responder to) {
    to.Send(LargeResponse(std::exchange(part, nullptr)),
            std::exchange(ticket, nullptr), &makers.Pool());
  });
  RawClient client(StartedPort(server), 4096);
  client.Send(kGet);
  std::string begun;
  ASSERT_TRUE(client.Take(10, begun));

  server.Drain(0ms);

  EXPECT_FALSE(has_rest.expired());
  EXPECT_FALSE(counts.expired());
  makers.GoOn();
  EXPECT_TRUE(has_rest.expired());
  EXPECT_TRUE(counts.expired());
}

// To free what is large takes a while, which the engine's thread has not.
TEST(StreamingTest, MakersLetGoOfWhatComesForAClientThatVanished) {
  auto part = std::make_shared<int>();
  const std::weak_ptr<int> has_rest = part;
  std::promise<Responder> large;
  HeldUpMakers makers;
  ServerOptions options;
  options.addresses = {{.host = "127.0.0.1", .port = 0}};
  options.limits.max_connections = 1;
  Server server(std::move(options),
                [&](const ServeRequest& request, Responder to) {
                  if (request.path != "/large") return to.Send(ServeResponse{});
                  large.set_value(std::move(to));
                });
  const std::uint16_t port = StartedPort(server);
  RawClient client(port);
  client.Send(kGet);
  Responder to = large.get_future().get();
  client.Reset();
  RawClient other(port);  // In the place of the first.
  ASSERT_EQ(other.Get("/").status, 200);

  to.Send(LargeResponse(std::move(part)), nullptr, &makers.Pool());
  ASSERT_EQ(other.Get("/").status, 200);

  EXPECT_FALSE(has_rest.expired());
  makers.GoOn();
  EXPECT_TRUE(has_rest.expired());
}

TEST(StreamingTest, CutsAClientThatTakesTooLong) {
  Pieces pieces(std::vector<std::string>(4, std::string(kMuch, 'a')));
  ServerOptions options;
  options.limits.write_time = 300ms;
  TestServer server({StreamingRoute(pieces)}, options);
  RawClient client(server.Port(), 4096);

  client.Send(kGet);

  EXPECT_TRUE(pieces.AreLetGo());
  EXPECT_EQ(pieces.Made(), 1U);
}

TEST(StreamingTest, TimeInWhichAPieceIsMadeIsNoneOfTheClients) {
  constexpr auto kLong = 200ms;
  const Route route = {.path = "/", .handle = [&](const ServeRequest&) {
                         const auto left = std::make_shared<int>(3);
                         return ServeResponse{.rest = [=](std::string& out) {
                           std::this_thread::sleep_for(kLong);
                           out += "piece\n";
                           return --*left > 0;
                         }};
                       }};
  ServerOptions options;
  options.limits.write_time = kLong;
  TestServer server({route}, options);

  EXPECT_EQ(server.Connect().Get("/").body, "piece\npiece\npiece\n");
}

Route FailingRoute() {
  return {.path = "/large", .handle = [](const ServeRequest&) {
            return ServeResponse{.body = "abc",
                                 .rest = [](std::string&) -> bool {
                                   throw std::runtime_error("no more of it");
                                 }};
          }};
}

// Neither the last chunk nor the end of the connection may say that it is
// whole.
TEST(StreamingTest, ResetsWhatCannotBeMade) {
  for (const char* request : {kGet, kGet10}) {
    testing::internal::CaptureStderr();
    {
      TestServer server({FailingRoute()});
      RawClient client = server.Connect();
      client.Send(request);
      std::string all = client.ReadToEnd();
      EXPECT_EQ(errno, ECONNRESET);
      EXPECT_EQ(all.find("0\r\n\r\n"), std::string::npos) << all;
    }
    EXPECT_NE(CapturedLog().find("no more of it"), std::string::npos);
  }
}

TEST(StreamingTest, ADrainLetsItEnd) {
  Pieces pieces(std::vector<std::string>(2, std::string(kMuch, 'a')));
  TestServer server({StreamingRoute(pieces)});
  RawClient client(server.Port(), 4096);
  client.Send(kGet);
  std::string begun;
  ASSERT_TRUE(client.Take(10, begun));

  auto drained = std::async(std::launch::async, [&] { server.Drain(20s); });
  RawClient late = server.Connect();
  while (late.Connected()) {
    late = server.Connect();  // Until it stops to listen.
  }

  const std::string rest = client.ReadToEnd();
  EXPECT_TRUE(rest.ends_with("a\r\n0\r\n\r\n"));
  EXPECT_GT(rest.size(), 2 * kMuch);
  drained.get();
}

TEST(StreamingTest, ADrainCutsIt) {
  Pieces pieces(std::vector<std::string>(2, std::string(kMuch, 'a')));
  TestServer server({StreamingRoute(pieces)});
  RawClient client(server.Port(), 4096);
  client.Send(kGet);
  std::string begun;
  ASSERT_TRUE(client.Take(10, begun));

  server.Drain(10ms);

  EXPECT_TRUE(pieces.AreLetGo());
}

}  // namespace
}  // namespace exporter
