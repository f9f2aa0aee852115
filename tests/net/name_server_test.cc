// Name servers that are silent, slow or wrong, as real as they get: in a
// network namespace of its own, where /etc/resolv.conf names those of the test.

#include "net/name_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "net/fetch.h"
#include "support/certificates.h"
#include "support/leaping_clock.h"
#include "support/socket_server.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using testing::Each;

std::ptrdiff_t Threads() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                       std::filesystem::directory_iterator());
}

using Reply = NameServer::Reply;

// Knows every name in `addresses` of IPv4, and that there are none of IPv6.
NameServer::Script Knows(const std::string& address) {
  return [address](const std::string& /*name*/, const std::string& type) {
    return type == "A" ? Reply{Reply::kAddress, address}
                       : Reply{Reply::kNothing};
  };
}

NameServer::Script Always(Reply::Kind kind) {
  return [kind](const std::string& /*name*/, const std::string& /*type*/) {
    return Reply{kind};
  };
}

class NameServerTest : public FetchTest {
 protected:
  static void SetUpTestSuite() {
    can_unshare_ =
        std::system("unshare -r -n -m ip link set lo up 2>/dev/null") == 0;
  }

  // Runs the test DISABLED_`name` where there is only a network of its own and
  // this /etc/resolv.conf.
  static void RunInNamespace(
      const std::string& name,
      const std::string& resolv_conf = "nameserver 127.0.0.1\n") {
    if (!can_unshare_) GTEST_SKIP() << "namespaces cannot be made here";
    const std::filesystem::path file =
        std::filesystem::temp_directory_path() /
        ("resolv.conf." + std::to_string(getpid()));
    std::ofstream(file) << resolv_conf;
    const std::string script =
        "ip link set lo up && mount --bind " + file.string() +
        " /etc/resolv.conf && exec " +
        std::filesystem::read_symlink("/proc/self/exe").string() +
        " --gtest_also_run_disabled_tests --gtest_brief=1"
        " --gtest_filter=NameServerTest.DISABLED_" +
        name;
    EXPECT_EQ(std::system(("unshare -r -n -m sh -c '" + script + "'").c_str()),
              0);
    std::filesystem::remove(file);
  }

  // What a query of this budget comes to, on a connection of its own.
  std::string Ask(std::chrono::milliseconds budget) {
    HttpRequest request =
        Get("http://api.test:" + std::to_string(server_.Port()) + "/", budget);
    request.deadline = leaping_.SteadyNow() + budget;
    return Outcome(Fetch(late_fetcher_, std::move(request)));
  }

  // Polls until no thread of late_fetcher_ looks up anything.
  void WaitForLookups() {
    const auto begin = clock_.SteadyNow();
    do {
      late_fetcher_.Poll(20ms);
    } while (Threads() > threads_ && clock_.SteadyNow() - begin < 20s);
    late_fetcher_.Poll(0ms);
  }

  static bool can_unshare_;

  LeapingClock leaping_;
  CurlFetcher late_fetcher_{leaping_, {}};
  const SocketServer server_{[](Connection& connection) {
    connection.ReadRequest();
    connection.Reply(200, "{}", "Connection: close\r\n");
  }};
  std::ptrdiff_t threads_ = 0;  // But those that look up.
};
bool NameServerTest::can_unshare_ = false;

constexpr std::string_view kLookupTimeout =
    "timeout: deadline passed while looking up the name api.test";

TEST_F(NameServerTest, MayHang) { RunInNamespace("Hangs"); }

TEST_F(NameServerTest, IsAskedOnceForAName) {
  RunInNamespace("CountsQuestions");
}

TEST_F(NameServerTest, MayBeSilentBeforeOneThatAnswers) {
  RunInNamespace("TakesALateAnswer",
                 "nameserver 127.0.0.2\nnameserver 127.0.0.1\n"
                 "options timeout:1\n");
}

TEST_F(NameServerTest, MayBeSlowWithManySearchDomains) {
  RunInNamespace("AsksThroughTheSearchList",
                 "nameserver 127.0.0.1\noptions ndots:5\n"
                 "search a.test b.test c.test d.test\n");
}

TEST_F(NameServerTest, MayNeverAnswerForIpv6) {
  RunInNamespace("IsSilentAboutIpv6");
}

TEST_F(NameServerTest, MayGoAway) {
  RunInNamespace("LeavesAddressesBehind",
                 "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");
}

TEST_F(NameServerTest, MayDenyANameThatItKnew) { RunInNamespace("Denies"); }

TEST_F(NameServerTest, MayMoveAName) { RunInNamespace("Moves"); }

TEST_F(NameServerTest, MayKnowANameByBothFamilies) {
  RunInNamespace("KnowsBothFamilies");
}

TEST_F(NameServerTest, IsAskedByNobodyElse) { RunInNamespace("CountsNames"); }

TEST_F(NameServerTest, MayBeNeededAgainByThoseInLine) {
  RunInNamespace("ExpiresInLine");
}

// ---- Not for running alone: these need the namespace.

TEST_F(NameServerTest, DISABLED_Hangs) {
  const NameServer silent("127.0.0.1", Always(Reply::kSilence));
  const SocketServer server([](Connection& connection) {
    while (!connection.ReadRequest().empty()) connection.Reply(200, "{}");
  });
  const std::ptrdiff_t threads_before = Threads();
  const auto begin = clock_.SteadyNow();

  // The one who looks has more time than those who wait for it.
  bool called = false;
  const auto looking =
      fetcher_.Start(Get("http://hanging.test/"),
                     [&](const auto&, const auto&) { called = true; });
  std::vector<std::string> outcomes;
  for (int i = 0; i < 100; ++i) {
    fetcher_.Start(Get("http://hanging.test/", 1s),
                   [&](const Result<HttpReply>& reply, const HttpRequest&) {
                     outcomes.push_back(Outcome(reply));
                   });
  }
  EXPECT_EQ(Outcome(Fetch(Get(server.Url()))), "status 200");
  EXPECT_LT(clock_.SteadyNow() - begin, 900ms) << "The others were held up.";

  while (outcomes.size() < 100 && clock_.SteadyNow() - begin < 20s) {
    fetcher_.Poll(1s);
  }
  EXPECT_LE(Threads() - threads_before, 3)
      << "More than a connection of the server and two questions.";
  EXPECT_LT(clock_.SteadyNow() - begin, 4s);
  EXPECT_EQ(outcomes.size(), 100U);
  EXPECT_THAT(outcomes,
              Each("timeout: deadline passed while looking up the name "
                   "hanging.test"));

  fetcher_.Cancel(looking);
  EXPECT_EQ(Outcome(Fetch(Get("http://hanging.test/", 200ms))),
            "timeout: deadline passed while looking up the name hanging.test");
  EXPECT_FALSE(called);
}

TEST_F(NameServerTest, DISABLED_CountsQuestions) {
  NameServer name_server("127.0.0.1", Always(Reply::kNoSuchName));
  std::size_t ended = 0;
  std::string outcome;

  for (int i = 0; i < 100; ++i) {
    fetcher_.Start(Get("http://absent.test/"),
                   [&](const Result<HttpReply>& reply, const HttpRequest&) {
                     ++ended;
                     outcome = Outcome(reply);
                   });
  }
  const auto begin = clock_.SteadyNow();
  while (ended < 100 && clock_.SteadyNow() - begin < 20s) fetcher_.Poll(1s);

  EXPECT_EQ(ended, 100U);
  EXPECT_EQ(outcome,
            "connect: name lookup failed: absent.test (Name or service not "
            "known)");
  EXPECT_LE(name_server.Questions(), 4)
      << "For IPv4 and IPv6, and with a search domain.";
}

TEST_F(NameServerTest, DISABLED_TakesALateAnswer) {
  const NameServer first("127.0.0.2", Always(Reply::kSilence));
  const NameServer second("127.0.0.1", Knows("127.0.0.1"));

  EXPECT_EQ(Ask(900ms), kLookupTimeout);
  EXPECT_EQ(Ask(900ms), "status 200");
}

TEST_F(NameServerTest, DISABLED_AsksThroughTheSearchList) {
  const NameServer slow(
      "127.0.0.1", [](const std::string& name, const std::string& type) {
        if (name != "api.test") return Reply{Reply::kNoSuchName, "", 200ms};
        return type == "A" ? Reply{Reply::kAddress, "127.0.0.1", 200ms}
                           : Reply{Reply::kNothing, "", 200ms};
      });

  EXPECT_EQ(Ask(800ms), kLookupTimeout) << "Five times 200 ms.";
  EXPECT_EQ(Ask(800ms), "status 200");
}

TEST_F(NameServerTest, DISABLED_IsSilentAboutIpv6) {
  const NameServer name_server(
      "127.0.0.1", [](const std::string& /*name*/, const std::string& type) {
        return type == "A" ? Reply{Reply::kAddress, "127.0.0.1"} : Reply{};
      });

  EXPECT_EQ(Ask(3s), "status 200") << "It takes 5 s to give up on IPv6.";
}

TEST_F(NameServerTest, DISABLED_LeavesAddressesBehind) {
  NameServer name_server("127.0.0.1", Knows("127.0.0.1"));
  testing::internal::CaptureStderr();
  Log(LogLevel::kInfo, "begun");  // The log has a thread too.
  threads_ = Threads();
  EXPECT_EQ(Ask(4s), "status 200");
  name_server.Follow(Always(Reply::kSilence));

  leaping_.Leap(61s);
  EXPECT_EQ(Ask(4s), "status 200");
  WaitForLookups();
  EXPECT_EQ(Ask(400ms), "status 200") << "It waits for a lookup that fails.";
  leaping_.Leap(600s);
  EXPECT_EQ(Ask(400ms), "status 200");
  WaitForLookups();

  name_server.Follow(Knows("127.0.0.1"));
  leaping_.Leap(11s);
  EXPECT_EQ(Ask(400ms), "status 200");
  WaitForLookups();
  name_server.Follow(Always(Reply::kSilence));
  leaping_.Leap(3600s);
  EXPECT_EQ(Ask(300ms), kLookupTimeout) << "They are too old.";

  FlushLog(10s);
  EXPECT_THAT(
      testing::internal::GetCapturedStderr(),
      testing::MatchesRegex(
          ".* msg=begun\n.* level=warn msg=\"name lookup fails; the last "
          "addresses serve "
          "on\" name=api.test error=\"Temporary failure in name resolution\" "
          "age_seconds=6[1-9]\n"
          ".* level=info msg=\"name lookup is well again\" name=api.test\n"));
}

TEST_F(NameServerTest, DISABLED_Denies) {
  NameServer name_server("127.0.0.1", Knows("127.0.0.1"));
  EXPECT_EQ(Ask(4s), "status 200");
  name_server.Follow(Always(Reply::kNoSuchName));

  leaping_.Leap(61s);
  EXPECT_EQ(Ask(4s), "status 200");
  leaping_.Leap(3600s);
  EXPECT_EQ(Ask(4s),
            "connect: name lookup failed: api.test (Name or service not "
            "known)");
}

TEST_F(NameServerTest, DISABLED_Moves) {
  NameServer name_server("127.0.0.1", Knows("127.0.0.9"));
  EXPECT_THAT(Ask(4s), testing::HasSubstr("Connection refused"));
  name_server.Follow(Knows("127.0.0.1"));

  EXPECT_THAT(Ask(4s), testing::HasSubstr("Connection refused"));
  leaping_.Leap(61s);
  EXPECT_EQ(Ask(4s), "status 200");
}

TEST_F(NameServerTest, DISABLED_KnowsBothFamilies) {
  const NameServer name_server(
      "127.0.0.1", [](const std::string& /*name*/, const std::string& type) {
        return Reply{Reply::kAddress, type == "A" ? "127.0.0.1" : "::1"};
      });

  EXPECT_EQ(Ask(4s), "status 200") << "Nobody listens on ::1.";
}

// libcurl looks up what it is not told, and would ask a second time.
TEST_F(NameServerTest, DISABLED_CountsNames) {
  NameServer name_server("127.0.0.1", Knows("127.0.0.1"));
  const SocketServer socks([this](Connection& connection) {
    connection.Read(64);
    connection.Send({"\x05\x00", 2});
    EXPECT_EQ(connection.Read(10).at(3), 1) << "It was told no address.";
    connection.Send({"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10});
    connection.TunnelTo(server_.Port());
  });
  const auto on = [](int port, std::string url) {
    return url.append(":").append(std::to_string(port));
  };
  struct Case {
    std::string url, proxy;
    int names;
  };
  for (const auto& [url, proxy, names] :
       {Case{on(server_.Port(), "http://one.test"), "", 1},
        Case{on(server_.Port(), "http://TWO.test"), "", 1},
        Case{"http://absent.test", on(server_.Port(), "http://three.test"), 1},
        Case{on(1, "http://four.test"), on(socks.Port(), "socks5://five.test"),
             2}}) {
    const int before = name_server.Questions();
    EXPECT_EQ(Outcome(Fetch(Get(url, {.proxy_url = Secret(proxy)}))),
              "status 200")
        << url;
    EXPECT_EQ(name_server.Questions() - before, 2 * names)
        << url << ": of IPv4 and of IPv6, for each name.";
  }
}

// Of those who wait for the first handshakes with a host, while its addresses
// grow too old.
TEST_F(NameServerTest, DISABLED_ExpiresInLine) {
  const NameServer name_server("127.0.0.1", Knows("127.0.0.1"));
  TestAuthority authority;
  const CertificateFiles files = authority.Issue("DNS:api.test");
  const SocketServer server(
      [](Connection& connection) {
        while (!connection.ReadRequest().empty()) connection.Reply(200, "{}");
      },
      TlsTerms{.cert_file = files.cert_file, .key_file = files.key_file});
  std::atomic<bool> opened = false;
  const SocketServer gate([&](Connection& connection) {
    opened.wait(false);
    connection.TunnelTo(server.Port());
  });

  std::vector<std::string> outcomes;
  const auto poll_while = [&](const std::function<bool()>& lasts) {
    const auto begin = clock_.SteadyNow();
    while (lasts() && clock_.SteadyNow() - begin < 10s)
      late_fetcher_.Poll(20ms);
  };
  for (int i = 0; i < 20; ++i) {
    HttpRequest request =
        Get("https://api.test:" + std::to_string(gate.Port()) + "/",
            Transport{.ca_file = authority.CaFile()});
    request.deadline = leaping_.SteadyNow() + 1h;
    late_fetcher_.Start(std::move(request), [&](const Result<HttpReply>& reply,
                                                const HttpRequest&) {
      outcomes.push_back(Outcome(reply));
    });
  }
  poll_while([&] { return gate.Accepted() == 0; });
  leaping_.Leap(NameCache::kLifetime);
  opened = true;
  opened.notify_all();
  poll_while([&] { return outcomes.size() < 20; });

  EXPECT_EQ(outcomes.size(), 20U);
  EXPECT_THAT(outcomes, Each("status 200"));
}

// ---- Names that are found, or are not.

TEST_F(NameServerTest, IsAskedOnceForManyAndAllGetTheirAnswer) {
  const SocketServer server([](Connection& connection) {
    while (!connection.ReadRequest().empty()) connection.Reply(200, "{}");
  });
  const std::string url = "http://localhost:" + std::to_string(server.Port());
  std::vector<std::string> outcomes;

  for (int i = 0; i < 50; ++i) {
    fetcher_.Start(Get(url),
                   [&](const Result<HttpReply>& reply, const HttpRequest&) {
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
    last =
        fetcher_.Start(Get("http://nowhere.invalid/"),
                       [&](const Result<HttpReply>& reply, const HttpRequest&) {
                         outcomes.push_back(Outcome(reply));
                       });
  }
  fetcher_.Cancel(last);
  const auto begin = clock_.SteadyNow();
  while (outcomes.size() < 49 && clock_.SteadyNow() - begin < 20s) {
    fetcher_.Poll(1s);
  }

  EXPECT_EQ(outcomes.size(), 49U);
  EXPECT_THAT(outcomes, Each(testing::StartsWith(
                            "connect: name lookup failed: nowhere.invalid")));
}

}  // namespace
}  // namespace exporter
