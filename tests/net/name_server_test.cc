// Name servers that do not answer, as real as they get: in a network namespace
// of its own, where 127.0.0.1 port 53 is a socket that nobody reads.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "net/fetch.h"
#include "support/socket_server.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using testing::Each;

class NameServerTest : public FetchTest {};

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

TEST_F(NameServerTest, MayHang) {
  if (std::system("unshare -r -n -m ip link set lo up 2>/dev/null") != 0) {
    GTEST_SKIP() << "namespaces cannot be made here";
  }
  EXPECT_EQ(RunInNamespace("NameServerTest.DISABLED_Hangs"), 0);
}

// Not for running alone: it needs the namespace.
TEST_F(NameServerTest, DISABLED_Hangs) {
  const int silent = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(53);
  ASSERT_EQ(bind(silent, reinterpret_cast<const sockaddr*>(&address),
                 sizeof(address)),
            0);
  const SocketServer server([](Connection& connection) {
    while (!connection.ReadRequest().empty()) connection.Reply(200, "{}");
  });
  const std::ptrdiff_t threads_before = Threads();
  const auto begin = clock_.SteadyNow();

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
              Each("timeout: deadline passed while looking up the name"));

  // What was cancelled in a lookup makes room for the next, and is not waited
  // for.
  const auto cancelled = clock_.SteadyNow();
  bool called = false;
  const auto first = fetcher_.Start(Get("http://other.test/"),
                                    [&](const auto&) { called = true; });
  fetcher_.Poll(50ms);
  fetcher_.Cancel(first);
  EXPECT_EQ(Outcome(Fetch(Get("http://other.test/", 200ms))),
            "timeout: deadline passed while looking up the name");
  EXPECT_LT(clock_.SteadyNow() - cancelled, 4s);
  EXPECT_FALSE(called);
  close(silent);
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
