// What clients that are silent, slow, greedy or hostile can do: little.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "test_server.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

ServerOptions Quick() {
  ServerOptions options;
  options.limits.request_time = 300ms;
  options.limits.write_time = 300ms;
  options.limits.idle_time = 300ms;
  return options;
}

// With these, only what is under test ends a connection.
ServerOptions Patient() {
  ServerOptions options;
  options.limits.request_time = 1h;
  options.limits.write_time = 1h;
  options.limits.idle_time = 1h;
  return options;
}

// Counts without opening one.
int OpenDescriptors() {
  int count = 0;
  for (int fd = 0; fd < 512; ++fd) {
    if (fcntl(fd, F_GETFD) != -1) ++count;
  }
  return count;
}

// What a sanitizer checks for the first time, it needs a descriptor for: has
// one client answered, and waits until nothing of it is left.
void WarmUp(TestServer& server) {
  const int before = OpenDescriptors();
  EXPECT_EQ(server.Connect().Get("/").status, 200);
  const auto start = steady_clock::now();
  while (OpenDescriptors() != before) {
    std::this_thread::sleep_for(1ms);
    ASSERT_LT(steady_clock::now() - start, 30s);
  }
}

// While it lives the process has that many descriptors left, at most 512.
class DescriptorShortage {
 public:
  explicit DescriptorShortage(std::size_t left) {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = 512;
    setrlimit(RLIMIT_NOFILE, &limit);
    // Whatever gaps there are.
    for (;;) {
      FileDescriptor one(dup(STDERR_FILENO));
      if (!one) break;
      taken_.push_back(std::move(one));
    }
    EXPECT_GE(taken_.size(), left);
    taken_.resize(taken_.size() - left);
  }
  ~DescriptorShortage() { setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorShortage(const DescriptorShortage&) = delete;
  DescriptorShortage& operator=(const DescriptorShortage&) = delete;

 private:
  rlimit before_{};
  std::vector<FileDescriptor> taken_;
};

std::chrono::microseconds CpuTime() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto total = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) +
           std::chrono::microseconds(time.tv_usec);
  };
  return total(usage.ru_utime) + total(usage.ru_stime);
}

TEST(ServerLimitsTest, AnswersAndHangsUpOnWhatIsTooLarge) {
  TestServer server({PlainRoute()});
  const std::string start = "GET / HTTP/1.1\r\nHost: x\r\n";
  std::string many;
  for (int i = 0; i < 200; ++i) many += "A: b\r\n";
  const struct {
    std::string bytes;
    int status;
  } kCases[] = {
      {"GET /" + std::string(100'000, 'a'), 414},
      {start + "A: " + std::string(100'000, 'a'), 431},
      {start + many, 431},
      {start + "Content-Length: 100000\r\n\r\n" + std::string(100'000, 'a'),
       413},
      {start + "Transfer-Encoding: chunked\r\n\r\n", 411},
      {std::string("GET /\0", 6) + " HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET /a%2f..%2fb HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 400},
  };
  for (const auto& [bytes, status] : kCases) {
    RawClient client = server.Connect();
    client.Send(bytes);
    const RawResponse response = client.Receive();
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.Header("Connection"), "close");
    EXPECT_TRUE(client.ClosedByServer());
  }
}

TEST(ServerLimitsTest, DoesNotCareForTheHostHeader) {
  TestServer server({PlainRoute()});
  for (const char* host : {"", "evil.example", "a/b", "[::1]:99999"}) {
    EXPECT_EQ(
        server.Connect()
            .Ask("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n")
            .status,
        200);
  }
}

TEST(ServerLimitsTest, CutsAClientThatDripsItsRequest) {
  TestServer server({PlainRoute()}, Quick());
  RawClient client = server.Connect();
  const auto start = steady_clock::now();

  while (client.Send("G") && steady_clock::now() - start < 5s) {
    std::this_thread::sleep_for(20ms);
  }

  EXPECT_LT(steady_clock::now() - start, 2s);
}

TEST(ServerLimitsTest, CutsAClientThatDripsItsBody) {
  TestServer server({PlainRoute()}, Quick());
  RawClient client = server.Connect();
  const auto start = steady_clock::now();

  client.Send("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
  while (client.Send("b") && steady_clock::now() - start < 5s) {
    std::this_thread::sleep_for(20ms);
  }

  EXPECT_LT(steady_clock::now() - start, 2s);
}

TEST(ServerLimitsTest, CutsSilentAndIdleClients) {
  TestServer server({PlainRoute()}, Quick());
  RawClient silent = server.Connect();
  RawClient idle = server.Connect();
  RawClient only_newlines = server.Connect();
  EXPECT_EQ(idle.Get("/").status, 200);
  only_newlines.Send("\r\n");

  EXPECT_TRUE(silent.ClosedByServer());
  EXPECT_TRUE(idle.ClosedByServer());
  EXPECT_TRUE(only_newlines.ClosedByServer());
}

TEST(ServerLimitsTest, AClientThatIsRefusedStillHearsWhy) {
  TestServer server({PlainRoute()});
  RawClient client = server.Connect();

  // It has not finished when the server has made up its mind.
  for (int i = 0; i < 9; ++i) {
    EXPECT_TRUE(client.Send(std::string(100'000, 'a'))) << i;
    std::this_thread::sleep_for(5ms);
  }

  EXPECT_EQ(client.Receive().status, 414);
}

TEST(ServerLimitsTest, ACrowdOfSilentClientsCostsNextToNothing) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 10'000);
  setrlimit(RLIMIT_NOFILE, &limit);
  const int crowd = limit.rlim_cur >= 10'000 ? 2'000 : 300;
  TestServer server({PlainRoute()});
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < crowd; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.Port()));
    ASSERT_TRUE(clients.back()->Connected());
    if (i % 2 == 0) clients.back()->Send("GET / HTTP/1.1\r\nHost:");
  }
  EXPECT_EQ(server.Connect().Get("/").status, 200);

  const auto cpu = CpuTime();
  const auto start = steady_clock::now();
  std::this_thread::sleep_for(1s);
  const auto idle_cost = CpuTime() - cpu;
  const auto asked = steady_clock::now();
  EXPECT_EQ(server.Connect().Get("/").status, 200);

  EXPECT_LT(idle_cost, (steady_clock::now() - start) / 20);
  EXPECT_LT(steady_clock::now() - asked, ServerLimits().request_time / 2)
      << "it did not wait for them";
}

TEST(ServerLimitsTest, AFullHouseMakesRoomForTheNextClient) {
  ServerOptions options = Patient();
  options.limits.max_connections = 10;
  TestServer server({PlainRoute()}, options);
  std::vector<std::unique_ptr<RawClient>> crowd;
  for (int i = 0; i < 50; ++i) {
    crowd.push_back(std::make_unique<RawClient>(server.Port()));
    crowd.back()->Send("GET / HTTP/1.1\r\n");
  }

  EXPECT_EQ(server.Connect().Get("/").status, 200);
  EXPECT_TRUE(crowd.front()->ClosedByServer()) << "the oldest had to go";
}

TEST(ServerLimitsTest, AFullHouseKeepsItsGuestsWhileNobodyWaits) {
  ServerOptions options;
  options.limits.max_connections = 1;
  TestServer server({PlainRoute()}, options);

  for (int i = 0; i < 20; ++i) {
    RawClient client = server.Connect();
    std::this_thread::sleep_for(1ms);  // Accepted by now, and silent so far.
    EXPECT_EQ(client.Get("/").status, 200);
  }
}

TEST(ServerLimitsTest, AClientThatIsBeingAnsweredKeepsItsPlace) {
  Turnstile turnstile;
  ServerOptions options;
  options.limits.max_connections = 1;
  TestServer server({TurnstileRoute(turnstile), PlainRoute()}, options);
  RawClient scrape = server.Connect();
  scrape.Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  turnstile.WaitUntilInside(1);
  RawClient waiting = server.Connect();
  waiting.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

  const auto cpu = CpuTime();
  std::this_thread::sleep_for(500ms);
  EXPECT_LT(CpuTime() - cpu, 100ms) << "the loop must not spin";
  turnstile.Open();

  EXPECT_EQ(scrape.Receive().body, "passed\n");
  EXPECT_EQ(waiting.Receive().status, 200);
}

TEST(ServerLimitsTest, AClientThatResetsItsConnectionGivesItsPlaceBack) {
  Turnstile turnstile;
  ServerOptions options;
  options.limits.max_connections = 1;
  TestServer server({TurnstileRoute(turnstile), PlainRoute()}, options);
  RawClient scrape = server.Connect();
  scrape.Send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
  turnstile.WaitUntilInside(1);

  scrape.Reset();

  EXPECT_EQ(server.Connect().Get("/").status, 200);
  turnstile.Open();
}

TEST(ServerLimitsTest, RunningOutOfDescriptorsDoesNotSpin) {
  TestServer server({PlainRoute()});
  WarmUp(server);
  auto shortage = std::make_unique<DescriptorShortage>(1);

  RawClient client = server.Connect();
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto cpu = CpuTime();
  std::this_thread::sleep_for(500ms);
  const auto cost = CpuTime() - cpu;
  // Sanitizers and gtest need descriptors to complain with.
  shortage.reset();

  EXPECT_LT(cost, 100ms);
  EXPECT_EQ(client.Receive().status, 200);
}

TEST(ServerLimitsTest, TheLastDescriptorKeepsItsGuestWhileNobodyWaits) {
  TestServer server({PlainRoute()}, Patient());
  WarmUp(server);
  auto shortage = std::make_unique<DescriptorShortage>(2);

  RawClient client = server.Connect();
  std::this_thread::sleep_for(50ms);  // Accepted by now, and silent so far.
  const RawResponse response = client.Get("/");
  shortage.reset();

  EXPECT_EQ(response.status, 200);
}

TEST(ServerLimitsTest, RunningOutOfDescriptorsMakesRoomForTheNextClient) {
  TestServer server({PlainRoute()}, Patient());
  WarmUp(server);
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 10; ++i) {
    idle.push_back(std::make_unique<RawClient>(server.Port()));
    ASSERT_EQ(idle.back()->Get("/").status, 200);
  }
  auto shortage = std::make_unique<DescriptorShortage>(1);

  RawClient next = server.Connect();  // The server has none left for it.
  const RawResponse response = next.Get("/");
  shortage.reset();

  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(idle.front()->ClosedByServer()) << "the oldest had to go";
}

}  // namespace
}  // namespace exporter
