// Name servers that do not answer, as real as they get: in a network namespace
// of its own, where 127.0.0.1 port 53 is a socket that nobody reads.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "net/fetch.h"
#include "support/socket_server.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using testing::Each;

std::ptrdiff_t Threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                       std::filesystem::directory_iterator());
}

// Runs the test called `name` of this program where there is only a network of
// its own, and a /etc/resolv.conf that names 127.0.0.1. Its exit status.
int RunInNamespace(const std::string& name) {
  const std::filesystem::path resolv_conf =
      std::filesystem::temp_directory_path() /
      ("resolv.conf." + std::to_string(getpid()));
  std::ofstream(resolv_conf) << "nameserver 127.0.0.1\n";
  const std::string script =
      "ip link set lo up && mount --bind " + resolv_conf.string() +
      " /etc/resolv.conf && exec " +
      std::filesystem::read_symlink("/proc/self/exe").string() +
      " --gtest_also_run_disabled_tests --gtest_brief=1 --gtest_filter=" + name;
  const int status =
      std::system(("unshare -r -n -m sh -c '" + script + "'").c_str());
  std::filesystem::remove(resolv_conf);
  return status;
}

// 127.0.0.1 port 53, where nobody else is.
class NameServerSocket {
 public:
  NameServerSocket() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(53);
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address),
                   sizeof(address)),
              0);
  }
  ~NameServerSocket() { close(socket_); }
  NameServerSocket(const NameServerSocket&) = delete;
  NameServerSocket& operator=(const NameServerSocket&) = delete;

  // Says of the next question that there is no such name.
  void Deny() const {
    std::array<unsigned char, 512> message{};
    sockaddr_storage from{};
    socklen_t from_size = sizeof(from);
    auto* peer = reinterpret_cast<sockaddr*>(&from);
    const ssize_t size =
        recvfrom(socket_, message.data(), message.size(), 0, peer, &from_size);
    message[2] |= 0x80U;  // It is a reply
    message[3] = 0x83;    // of a recursive server: NXDOMAIN.
    sendto(socket_, message.data(), static_cast<std::size_t>(size), 0, peer,
           from_size);
  }

 private:
  const int socket_ = socket(AF_INET, SOCK_DGRAM, 0);
};

class NameServerTest : public FetchTest {
 protected:
  static void SetUpTestSuite() {
    can_unshare_ =
        std::system("unshare -r -n -m ip link set lo up 2>/dev/null") == 0;
  }
  static bool can_unshare_;
};
bool NameServerTest::can_unshare_ = false;

TEST_F(NameServerTest, MayHang) {
  if (!can_unshare_) GTEST_SKIP() << "namespaces cannot be made here";
  EXPECT_EQ(RunInNamespace("NameServerTest.DISABLED_Hangs"), 0);
}

TEST_F(NameServerTest, IsAskedOnceForAName) {
  if (!can_unshare_) GTEST_SKIP() << "namespaces cannot be made here";
  EXPECT_EQ(RunInNamespace("NameServerTest.DISABLED_CountsQuestions"), 0);
}

// ---- Not for running alone: these need the namespace.

TEST_F(NameServerTest, DISABLED_Hangs) {
  const NameServerSocket silent;
  const SocketServer server([](Connection& connection) {
    while (!connection.ReadRequest().empty()) connection.Reply(200, "{}");
  });
  const std::ptrdiff_t threads_before = Threads();
  const auto begin = clock_.SteadyNow();

  // The one who looks has more time than those who wait for it.
  bool called = false;
  const auto looking = fetcher_.Start(Get("http://hanging.test/"),
                                      [&](const auto&) { called = true; });
  std::vector<std::string> outcomes;
  for (int i = 0; i < 100; ++i) {
    fetcher_.Start(Get("http://hanging.test/", 1s),
                   [&](const Result<HttpReply>& reply) {
                     outcomes.push_back(Outcome(reply));
                   });
  }
  EXPECT_EQ(Outcome(Fetch(Get(server.Url()))), "status 200");
  EXPECT_LT(clock_.SteadyNow() - begin, 900ms) << "The others were held up.";
  EXPECT_LE(Threads() - threads_before, 2) << "There are too many lookups.";

  while (outcomes.size() < 100 && clock_.SteadyNow() - begin < 20s) {
    fetcher_.Poll(1s);
  }
  EXPECT_LT(clock_.SteadyNow() - begin, 4s);
  EXPECT_EQ(outcomes.size(), 100U);
  EXPECT_THAT(outcomes,
              Each("timeout: deadline passed while looking up the name "
                   "hanging.test"));

  // Who is cancelled while looking makes room for the next.
  const auto cancelled = clock_.SteadyNow();
  fetcher_.Cancel(looking);
  EXPECT_EQ(Outcome(Fetch(Get("http://hanging.test/", 200ms))),
            "timeout: deadline passed while looking up the name hanging.test");
  EXPECT_LT(clock_.SteadyNow() - cancelled, 4s);
  EXPECT_FALSE(called);
}

TEST_F(NameServerTest, DISABLED_CountsQuestions) {
  const NameServerSocket name_server;
  std::atomic<int> questions = 0;
  std::thread([&] {
    while (true) {
      name_server.Deny();
      ++questions;
    }
  }).detach();
  std::size_t ended = 0;
  std::string outcome;

  for (int i = 0; i < 100; ++i) {
    fetcher_.Start(Get("http://absent.test/"),
                   [&](const Result<HttpReply>& reply) {
                     ++ended;
                     outcome = Outcome(reply);
                   });
  }
  const auto begin = clock_.SteadyNow();
  while (ended < 100 && clock_.SteadyNow() - begin < 20s) fetcher_.Poll(1s);

  EXPECT_EQ(ended, 100U);
  EXPECT_EQ(outcome, "connect: name lookup failed: absent.test");
  EXPECT_LE(questions, 4) << "For IPv4 and IPv6, and with a search domain.";
  // The thread has nothing to wait for that could end it.
  std::_Exit(HasFailure() ? 1 : 0);
}

// ---- Names that are found, or are not.

TEST_F(NameServerTest, IsAskedOnceForManyAndAllGetTheirAnswer) {
  const SocketServer server([](Connection& connection) {
    while (!connection.ReadRequest().empty()) connection.Reply(200, "{}");
  });
  const std::string url = "http://localhost:" + std::to_string(server.Port());
  std::vector<std::string> outcomes;

  for (int i = 0; i < 50; ++i) {
    fetcher_.Start(Get(url), [&](const Result<HttpReply>& reply) {
      outcomes.push_back(Outcome(reply));
    });
  }
  const auto begin = clock_.SteadyNow();
  while (outcomes.size() < 50 && clock_.SteadyNow() - begin < 20s) {
    fetcher_.Poll(1s);
  }

  EXPECT_EQ(outcomes.size(), 50U);
  EXPECT_THAT(outcomes, Each("status 200"));
}

TEST_F(NameServerTest, TellsAllThatThereIsNoSuchName) {
  std::vector<std::string> outcomes;
  Fetcher::Ticket last = 0;
  for (int i = 0; i < 50; ++i) {
    last = fetcher_.Start(Get("http://nowhere.invalid/"),
                          [&](const Result<HttpReply>& reply) {
                            outcomes.push_back(Outcome(reply));
                          });
  }
  fetcher_.Cancel(last);
  const auto begin = clock_.SteadyNow();
  while (outcomes.size() < 49 && clock_.SteadyNow() - begin < 20s) {
    fetcher_.Poll(1s);
  }

  EXPECT_EQ(outcomes.size(), 49U);
  EXPECT_THAT(outcomes, Each("connect: name lookup failed: nowhere.invalid"));
}

}  // namespace
}  // namespace exporter
