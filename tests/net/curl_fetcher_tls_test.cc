#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/connection_line.h"
#include "net/fetch.h"
#include "support/certificates.h"
#include "support/leaping_clock.h"
#include "support/socket_server.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class CurlFetcherTlsTest : public FetchTest {
 protected:
  static void Answer(Connection& connection) {
    while (!connection.ReadRequest().empty()) connection.Reply(200, "{}");
  }

  // What this server's certificate says.
  static TlsTerms Terms(const CertificateFiles& files) {
    return {.cert_file = files.cert_file, .key_file = files.key_file};
  }

  TlsTerms Http2() const {
    TlsTerms terms = Terms(local_);
    terms.http2 = true;
    return terms;
  }

  // How many of so many exchanges, begun at once for each of `transports`,
  // bring a reply.
  std::size_t FetchAtOnce(const std::string& url, std::size_t many,
                          const std::vector<Transport>& transports) {
    std::size_t good = 0;
    std::size_t ended = 0;
    for (const Transport& transport : transports) {
      for (std::size_t i = 0; i < many; ++i) {
        fetcher_.Start(Get(url, transport),
                       [&](const Result<HttpReply>& reply, const HttpRequest&) {
                         good += reply ? 1U : 0U;
                         ++ended;
                       });
      }
    }
    while (ended < many * transports.size()) fetcher_.Poll(1s);
    return good;
  }

  TestAuthority authority_;
  const CertificateFiles local_ =
      authority_.Issue("DNS:localhost,IP:127.0.0.1");
  const Transport trusting_{.ca_file = authority_.CaFile()};
};

TEST_F(CurlFetcherTlsTest, TrustsTheAuthorityItIsGiven) {
  const SocketServer server(Answer, Terms(local_));

  EXPECT_EQ(Outcome(Fetch(Get(server.Url(), trusting_))), "status 200");
}

TEST_F(CurlFetcherTlsTest, TrustsNoAuthorityThatTheSystemDoesNotKnow) {
  const SocketServer server(Answer, Terms(local_));

  EXPECT_THAT(Outcome(Fetch(Get(server.Url()))),
              AllOf(StartsWith("tls: "), HasSubstr("certificate")));
}

TEST_F(CurlFetcherTlsTest, ChecksTheName) {
  const SocketServer server(Answer, Terms(authority_.Issue("DNS:other.test")));

  EXPECT_THAT(Outcome(Fetch(Get(server.Url(), trusting_))),
              AllOf(StartsWith("tls: "), HasSubstr("127.0.0.1")));
}

TEST_F(CurlFetcherTlsTest, ChecksTheDate) {
  const SocketServer server(Answer,
                            Terms(authority_.Issue("IP:127.0.0.1", -1h)));

  EXPECT_EQ(Outcome(Fetch(Get(server.Url(), trusting_))),
            "tls: TLS with 127.0.0.1:" + std::to_string(server.Port()) +
                ": SSL certificate problem: certificate has expired");
}

TEST_F(CurlFetcherTlsTest, ChecksNothingWhereItIsTold) {
  const SocketServer server(Answer,
                            Terms(authority_.Issue("DNS:other.test", -1h)));

  EXPECT_EQ(Outcome(Fetch(
                Get(server.Url(), Transport{.insecure_skip_verify = true}))),
            "status 200");
}

TEST_F(CurlFetcherTlsTest, SharesNoConnectionWithWhoeverChecksLess) {
  const SocketServer server(Answer, Terms(local_));

  EXPECT_TRUE(
      Fetch(Get(server.Url(), Transport{.insecure_skip_verify = true})));
  EXPECT_THAT(Outcome(Fetch(Get(server.Url()))), StartsWith("tls: "));
}

TEST_F(CurlFetcherTlsTest, SharesConnectionsBetweenEqualTransports) {
  const SocketServer server(Answer, Terms(local_));

  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(Fetch(Get(server.Url(), Transport(trusting_))));
  }
  EXPECT_EQ(server.Accepted(), 1);
}

TEST_F(CurlFetcherTlsTest, AsksForAndExpectsTheNameItIsGiven) {
  std::string request;
  SocketServer server(
      [&](Connection& connection) {
        request = connection.ReadRequest();
        connection.Reply(200, "{}");
      },
      Terms(authority_.Issue("DNS:other.test")));
  Transport transport = trusting_;
  transport.server_name = "other.test";

  EXPECT_EQ(Outcome(Fetch(Get(server.Url("/x?y=1"), transport))), "status 200");
  EXPECT_THAT(request, StartsWith("GET /x?y=1 HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nHost: 127.0.0.1:" +
                                 std::to_string(server.Port()) + "\r\n"));
  EXPECT_THAT(server.ServerNames(), ElementsAre("other.test"));

  transport.server_name = "third.test";
  EXPECT_THAT(Outcome(Fetch(Get(server.Url(), transport))),
              AllOf(StartsWith("tls: "), HasSubstr("third.test")));
}

TEST_F(CurlFetcherTlsTest, ForgetsTheNameForTheNextRequest) {
  const SocketServer other(Answer, Terms(authority_.Issue("DNS:other.test")));
  const SocketServer server(Answer, Terms(local_));
  Transport transport = trusting_;
  transport.server_name = "other.test";

  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Outcome(Fetch(Get(other.Url(), transport))), "status 200");
    EXPECT_EQ(Outcome(Fetch(Get(server.Url(), trusting_))), "status 200");
  }
}

// A server that refuses us after the handshake and closes at once: whether its
// alert is read before the line breaks is a matter of luck.
TEST_F(CurlFetcherTlsTest, TellsOfACertificateThatIsWantedWhereTheLineBreaks) {
  TlsTerms terms = Terms(local_);
  terms.client_ca_file = authority_.CaFile();
  terms.client_may_have_none = true;
  const auto reset = [](Connection& connection) {
    connection.ReadRequest();
    connection.Reset();
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    terms.max_version = version;
    const SocketServer server(reset, terms);
    const CertificateFiles ours = authority_.Issue("DNS:exporter");
    Transport transport = trusting_;

    EXPECT_THAT(Outcome(Fetch(Get(server.Url(), transport))),
                testing::AllOf(StartsWith("tls: TLS with 127.0.0.1:"),
                               testing::HasSubstr("asked for a certificate")));

    // What breaks with it breaks for another reason.
    transport.cert_file = ours.cert_file;
    transport.key_file = ours.key_file;
    EXPECT_THAT(Outcome(Fetch(Get(server.Url(), transport))),
                StartsWith("connect: "));
  }
}

TEST_F(CurlFetcherTlsTest, ShowsItsCertificate) {
  TlsTerms terms = Terms(local_);
  terms.client_ca_file = authority_.CaFile();
  // Up to TLS 1.2 a server refuses within the handshake, from 1.3 on after it.
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SCOPED_TRACE(version);
    terms.max_version = version;
    const SocketServer server(Answer, terms);
    const CertificateFiles ours = authority_.Issue("DNS:exporter");
    Transport transport = trusting_;

    EXPECT_THAT(Outcome(Fetch(Get(server.Url(), transport))),
                StartsWith("tls: "));

    transport.cert_file = ours.cert_file;
    transport.key_file = ours.key_file;
    EXPECT_EQ(Outcome(Fetch(Get(server.Url(), transport))), "status 200");
  }
}

TEST_F(CurlFetcherTlsTest, TellsWhichOfItsFilesIsBad) {
  const SocketServer server(Answer, Terms(local_));
  const std::string bad_file = authority_.Folder() / "bad.pem";
  std::ofstream(bad_file) << "not a certificate\n";

  for (const std::string& file :
       {bad_file, std::string(authority_.Folder() / "absent.pem")}) {
    Transport bad_ca = trusting_;
    bad_ca.ca_file = file;
    EXPECT_THAT(Outcome(Fetch(Get(server.Url(), bad_ca))),
                AllOf(StartsWith("tls: "), HasSubstr(file)));

    Transport bad_cert = trusting_;
    bad_cert.cert_file = file;
    bad_cert.key_file = local_.key_file;
    EXPECT_THAT(Outcome(Fetch(Get(server.Url(), bad_cert))),
                AllOf(StartsWith("tls: "), HasSubstr(file)));

    Transport bad_key = trusting_;
    bad_key.cert_file = local_.cert_file;
    bad_key.key_file = file;
    EXPECT_THAT(Outcome(Fetch(Get(server.Url(), bad_key))),
                AllOf(StartsWith("tls: "), HasSubstr(file)));
  }
}

TEST_F(CurlFetcherTlsTest, RefusesKeysThatAreNotTheCertificates) {
  const SocketServer server(Answer, Terms(local_));
  Transport transport = trusting_;
  transport.cert_file = local_.cert_file;
  transport.key_file = authority_.Issue("DNS:another").key_file;

  EXPECT_THAT(Outcome(Fetch(Get(server.Url(), transport))),
              StartsWith("tls: "));
}

TEST_F(CurlFetcherTlsTest, HoldsToTheLeastVersion) {
  const struct {
    int spoken;
    TlsVersion least;
    bool works;
  } kCases[] = {
      {TLS1_1_VERSION, TlsVersion::kTls12, false},
      {TLS1_1_VERSION, TlsVersion::kTls11, true},
      {TLS1_2_VERSION, TlsVersion::kTls10, true},
      {TLS1_2_VERSION, TlsVersion::kTls12, true},
      {TLS1_2_VERSION, TlsVersion::kTls13, false},
      {TLS1_3_VERSION, TlsVersion::kTls13, true},
  };
  for (const auto& [spoken, least, works] : kCases) {
    SCOPED_TRACE(spoken);
    TlsTerms terms = Terms(local_);
    terms.min_version = spoken;
    terms.max_version = spoken;
    const SocketServer server(Answer, terms);
    Transport transport = trusting_;
    transport.min_version = least;

    EXPECT_THAT(Outcome(Fetch(Get(server.Url(), transport))),
                StartsWith(works ? "status 200" : "tls: "));
  }
}

TEST_F(CurlFetcherTlsTest, EndsByItsDeadlineInAHandshakeThatHangs) {
  const SocketServer server([](Connection& connection) { connection.Hang(); });
  HttpRequest request =
      Get("https://127.0.0.1:" + std::to_string(server.Port()), 300ms);
  const auto begin = clock_.SteadyNow();

  EXPECT_EQ(Outcome(Fetch(std::move(request))),
            "timeout: deadline passed while connecting to 127.0.0.1:" +
                std::to_string(server.Port()));
  EXPECT_LT(clock_.SteadyNow() - begin, 2s);
}

TEST_F(CurlFetcherTlsTest, TellsAHandshakeThatBrokeFromOneThatWasRefused) {
  const SocketServer plain([](Connection& connection) {
    connection.Read(1000);
    connection.Send("HTTP/1.1 400 Speak Plainly\r\n\r\n");
  });
  const SocketServer resetting([](Connection& connection) {
    connection.Read(1000);
    connection.Reset();
  });
  const SocketServer closing([](Connection& connection) {
    while (connection.Read(1000).size() == 1000) {
    }
  });
  const auto outcome = [this](const SocketServer& server) {
    return Outcome(
        Fetch(Get("https://127.0.0.1:" + std::to_string(server.Port()))));
  };

  EXPECT_THAT(outcome(plain), StartsWith("tls: "));
  EXPECT_THAT(outcome(resetting), StartsWith("connect: "));
  EXPECT_THAT(outcome(closing), StartsWith("connect: "));
}

// ---- Connections that were kept, and that the other side has closed.

// Answers each connection once, when all of `together` have asked, and closes
// it then. After that, answers for ever.
class ClosesIdleOnes {
 public:
  explicit ClosesIdleOnes(int together) : missing_(together) {}

  void operator()(Connection& connection) {
    if (connection.ReadRequest().empty()) return;
    {
      std::unique_lock lock(mutex_);
      if (missing_ == 0) {
        lock.unlock();
        connection.Reply(200, "{}");
        connection.Hang();
        return;
      }
      --missing_;
      all_have_asked_.notify_all();
      all_have_asked_.wait(lock, [this] { return missing_ == 0; });
    }
    connection.Reply(200, "{}");
  }

 private:
  std::mutex mutex_;
  std::condition_variable all_have_asked_;
  int missing_;  // Guarded by mutex_.
};

// libcurl until 8 takes such a connection for alive, and gives up after six.
TEST_F(CurlFetcherTlsTest, SurvivesThatManyIdleConnectionsWereClosed) {
  constexpr int kMany = 20;
  ClosesIdleOnes closes(kMany);
  SocketServer server([&](Connection& c) { closes(c); }, Terms(local_));
  ASSERT_EQ(FetchAtOnce(server.Url(), kMany, {trusting_}), std::size_t{kMany});
  const Deadline give_up = clock_.SteadyNow() + 20s;
  while (server.Open() > 0 && clock_.SteadyNow() < give_up) {
    std::this_thread::yield();
  }

  EXPECT_EQ(Outcome(Fetch(Get(server.Url(), trusting_))), "status 200");
  EXPECT_EQ(server.Accepted(), kMany + 1);
}

// ---- HTTP/2, as little of it as answers a GET with 200 and "{}".

std::string Frame(char type, char flags, const std::string& stream,
                  std::string_view payload) {
  std::string frame{'\0', '\0', static_cast<char>(payload.size()), type, flags};
  return frame.append(stream).append(payload);
}

constexpr char kData = 0;
constexpr char kHeaders = 1;
constexpr char kRstStream = 3;
constexpr char kSettings = 4;
constexpr char kGoAway = 7;
constexpr char kEndStream = 1;
constexpr char kEndHeaders = 4;
constexpr char kAck = 1;

// Calls `asked` with the stream of each request, until it returns false or the
// client goes away.
void ServeHttp2(Connection& connection,
                const std::function<bool(const std::string& stream)>& asked) {
  const auto read = [&](std::size_t size) {
    std::string bytes;
    while (bytes.size() < size) {
      const std::string more = connection.Read(size - bytes.size());
      if (more.empty()) return std::string();
      bytes += more;
    }
    return bytes;
  };
  const std::string no_stream(4, '\0');

  read(24);  // The preface.
  connection.Send(Frame(kSettings, 0, no_stream, ""));
  while (true) {
    const std::string head = read(9);
    if (head.empty()) return;
    const std::size_t size = static_cast<unsigned char>(head[1]) * 256U +
                             static_cast<unsigned char>(head[2]);
    if (size > 0) read(size);
    if (head[3] == kSettings && head[4] != kAck) {
      connection.Send(Frame(kSettings, kAck, no_stream, ""));
    }
    if (head[3] == kHeaders && !asked(head.substr(5))) return;
  }
}

void Answer200(Connection& connection, const std::string& stream) {
  connection.Send(Frame(kHeaders, kEndHeaders, stream, "\x88"));  // 200
  connection.Send(Frame(kData, kEndStream, stream, "{}"));
}

// Answers only once `at_once` exchanges wait on the connection, after the
// first.
void AnswerInHttp2(Connection& connection, std::size_t at_once) {
  std::vector<std::string> waiting;
  bool first = true;
  ServeHttp2(connection, [&](const std::string& asking) {
    waiting.push_back(asking);
    if (waiting.size() < (first ? 1 : at_once)) return true;
    first = false;
    for (const std::string& stream : waiting) Answer200(connection, stream);
    waiting.clear();
    return true;
  });
}

TEST_F(CurlFetcherTlsTest, CarriesManyOverOneConnectionInHttp2) {
  constexpr std::size_t kMany = 50;
  const SocketServer server(
      [](Connection& connection) { AnswerInHttp2(connection, kMany); },
      Http2());
  const auto first = Fetch(Get(server.Url(), trusting_));
  ASSERT_EQ(Outcome(first), "status 200");
  EXPECT_EQ(first->body, "{}");

  EXPECT_EQ(FetchAtOnce(server.Url(), kMany, {trusting_}), kMany);
  EXPECT_EQ(server.Accepted(), 1);
}

// They would, one for each exchange, as long as it is not known that they can
// be shared.
TEST_F(CurlFetcherTlsTest, OpensFewConnectionsInHttp2) {
  constexpr std::size_t kMany = 250;
  const SocketServer server(
      [](Connection& connection) { AnswerInHttp2(connection, 1); }, Http2());

  EXPECT_EQ(FetchAtOnce(server.Url(), kMany, {trusting_}), kMany);
  EXPECT_LE(server.Accepted(), 4);
}

// Those who trust others cannot share theirs.
TEST_F(CurlFetcherTlsTest, OpensFewConnectionsInHttp2ForEachWayToTrust) {
  constexpr std::size_t kMany = 150;
  const SocketServer server(
      [](Connection& connection) { AnswerInHttp2(connection, 1); }, Http2());
  Transport other = trusting_;
  other.min_version = TlsVersion::kTls13;

  EXPECT_EQ(FetchAtOnce(server.Url(), kMany, {trusting_, other}), 2 * kMany);
  EXPECT_LE(server.Accepted(), 2 * 4);
}

// Nobody is answered before all have a connection.
TEST_F(CurlFetcherTlsTest, GivesEachExchangeOfHttp1AConnection) {
  constexpr int kMany = 150;
  std::atomic<int> waiting = 0;
  const SocketServer server(
      [&](Connection& connection) {
        connection.ReadRequest();
        ++waiting;
        waiting.notify_all();
        for (int now = waiting; now < kMany; now = waiting) waiting.wait(now);
        connection.Reply(200, "{}");
      },
      Terms(local_));

  int good = 0;
  for (int i = 0; i < kMany; ++i) {
    fetcher_.Start(Get(server.Url(), trusting_),
                   [&](const Result<HttpReply>& reply, const HttpRequest&) {
                     good += reply ? 1 : 0;
                   });
  }
  const Deadline give_up = clock_.SteadyNow() + 20s;
  while (good < kMany && clock_.SteadyNow() < give_up) fetcher_.Poll(1s);
  waiting = kMany;  // Should they not have come.
  waiting.notify_all();

  EXPECT_EQ(good, kMany);
}

// Of the servers behind one address some hang: they hold up those alone who
// met them.
TEST_F(CurlFetcherTlsTest, PassesOverHandshakesThatHang) {
  constexpr int kHanging = ConnectionLine::kFirst;
  constexpr std::size_t kWell = 16;
  const SocketServer server(Answer, Terms(local_));
  std::atomic<int> came = 0;
  const SocketServer balancer([&](Connection& connection) {
    if (came++ < kHanging) {
      connection.Hang();
    } else {
      connection.TunnelTo(server.Port());
    }
  });
  LeapingClock leaping;
  CurlFetcher fetcher(leaping, {});

  std::size_t good = 0;
  for (std::size_t i = 0; i < kHanging + kWell; ++i) {
    fetcher.Start(
        Get("https://127.0.0.1:" + std::to_string(balancer.Port()), trusting_),
        [&](const Result<HttpReply>& reply, const HttpRequest&) {
          good += reply ? 1U : 0U;
        });
  }
  const Deadline give_up = clock_.SteadyNow() + 10s;
  while (came < kHanging && clock_.SteadyNow() < give_up) fetcher.Poll(20ms);
  leaping.Leap(
      std::chrono::ceil<std::chrono::seconds>(ConnectionLine::kPatience));
  while (good < kWell && clock_.SteadyNow() < give_up) fetcher.Poll(20ms);

  EXPECT_EQ(good, kWell);
}

// It neither waits for others for ever, nor blames the lookup.
TEST_F(CurlFetcherTlsTest, TimesOutInLine) {
  const SocketServer server(
      [](Connection& connection) { connection.ReadRequest(); });  // No TLS.

  std::vector<std::string> outcomes;
  for (int i = 0; i < 20; ++i) {
    HttpRequest request = FetchTest::Get(
        "https://" + server.Url().substr(std::string("http://").size()), 200ms);
    fetcher_.Start(std::move(request),
                   [&](const Result<HttpReply>& reply, const HttpRequest&) {
                     outcomes.push_back(Outcome(reply));
                   });
  }
  const Deadline give_up = clock_.SteadyNow() + 20s;
  while (outcomes.size() < 20 && clock_.SteadyNow() < give_up) {
    fetcher_.Poll(1s);
  }

  ASSERT_EQ(outcomes.size(), 20U);
  for (const std::string& outcome : outcomes) EXPECT_EQ(outcome, outcomes[0]);
  EXPECT_THAT(outcomes[0], StartsWith("timeout: "));
  EXPECT_THAT(outcomes[0], Not(HasSubstr("lookup")));
}

// ---- A peer that is alive for TCP and dead for HTTP/2.

// Answers what comes on the first connection once, and freezes: reads on, and
// says nothing until it is told to. Other connections are answered at once.
class FreezingServer {
 public:
  explicit FreezingServer(TlsTerms terms) : server_(Handler(), terms) {}

  std::string Url() { return server_.Url(); }
  int Accepted() { return server_.Accepted(); }

  // How many requests the frozen connection has got, the first left out.
  int Swallowed() { return swallowed_; }

  // Lets the frozen connection answer the next request, and those before.
  void Thaw() { thawed_ = true; }

 private:
  SocketServer::Handler Handler() {
    return [this](Connection& connection) {
      const bool first = connections_++ == 0;
      std::vector<std::string> waiting;
      bool frozen = false;
      ServeHttp2(connection, [&](const std::string& stream) {
        waiting.push_back(stream);
        if (frozen) ++swallowed_;
        if (frozen && !thawed_) return true;
        for (const std::string& one : waiting) Answer200(connection, one);
        waiting.clear();
        frozen = first;
        return true;
      });
    };
  }

  std::atomic<int> connections_ = 0;
  std::atomic<int> swallowed_ = 0;
  std::atomic<bool> thawed_ = false;
  SocketServer server_;
};

class FrozenConnectionTest : public CurlFetcherTlsTest {
 protected:
  FrozenConnectionTest() {
    EXPECT_EQ(Outcome(Fetch(Get())), "status 200");
    EXPECT_EQ(server_.Accepted(), 1);
  }

  HttpRequest Get(std::chrono::milliseconds budget = 20s) {
    HttpRequest request = FetchTest::Get(server_.Url(), budget);
    request.transport = transport_;
    return request;
  }

  // Starts a request, and waits until the frozen connection has it.
  Fetcher::Ticket Swallow(Fetcher::Done done) {
    const int before = server_.Swallowed();
    const auto ticket = fetcher_.Start(Get(), std::move(done));
    const Deadline give_up = clock_.SteadyNow() + 20s;
    while (server_.Swallowed() == before && clock_.SteadyNow() < give_up) {
      fetcher_.Poll(1ms);
    }
    return ticket;
  }

  FreezingServer server_{Http2()};
  std::shared_ptr<const Transport> transport_ =
      std::make_shared<const Transport>(trusting_);
};

TEST_F(FrozenConnectionTest, IsClosedByTheLastOneWhoMissesHisReply) {
  EXPECT_THAT(Outcome(Fetch(Get(100ms))), StartsWith("timeout: "));

  EXPECT_EQ(Outcome(Fetch(Get())), "status 200");
  EXPECT_EQ(server_.Accepted(), 2);
}

TEST_F(FrozenConnectionTest, IsClosedByTheLastOneWhoIsCancelled) {
  fetcher_.Cancel(Swallow([](const auto&, const auto&) {}));

  EXPECT_EQ(Outcome(Fetch(Get())), "status 200");
  EXPECT_EQ(server_.Accepted(), 2);
}

TEST_F(FrozenConnectionTest, IsJoinedByNobodyWhileOthersStillWaitOnIt) {
  std::string waiting = "nothing";
  Swallow([&](const auto& reply, const auto&) { waiting = Outcome(reply); });
  EXPECT_THAT(Outcome(Fetch(Get(100ms))), StartsWith("timeout: "));

  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Outcome(Fetch(Get())), "status 200");
  }

  EXPECT_EQ(waiting, "nothing");
  EXPECT_EQ(server_.Accepted(), 2);
}

TEST_F(FrozenConnectionTest, IsJoinedByNobodyOnceOneWasCancelledOnIt) {
  Swallow([](const auto&, const auto&) {});
  fetcher_.Cancel(Swallow([](const auto&, const auto&) {}));

  EXPECT_EQ(Outcome(Fetch(Get())), "status 200");
  EXPECT_EQ(server_.Accepted(), 2);
}

// It was only slow.
TEST_F(FrozenConnectionTest, StillBringsTheRepliesOfThoseWhoWait) {
  std::string first = "nothing";
  std::string second = "nothing";
  Swallow([&](const auto& reply, const auto&) { first = Outcome(reply); });
  const auto given_up = Swallow([](const auto&, const auto&) {});
  server_.Thaw();
  Swallow([&](const auto& reply, const auto&) { second = Outcome(reply); });
  fetcher_.Cancel(given_up);
  const Deadline give_up = clock_.SteadyNow() + 20s;
  while ((first == "nothing" || second == "nothing") &&
         clock_.SteadyNow() < give_up) {
    fetcher_.Poll(1s);
  }

  EXPECT_EQ(first, "status 200");
  EXPECT_EQ(second, "status 200");
}

// Of a server whose `asked`th stream, and no other, meets the end of its
// connection: by a GOAWAY that does not say whether it was looked at, as a
// gateway sends that is reloaded or short of connections.
class ClosingServer {
 public:
  ClosingServer(TlsTerms terms, int asked)
      : server_(
            [this, asked](Connection& connection) {
              ServeHttp2(connection, [&](const std::string& stream) {
                if (++asked_ != asked) {
                  Answer200(connection, stream);
                  return true;
                }
                constexpr std::string_view kNoError("\x7f\xff\xff\xff\0\0\0\0",
                                                    8);
                connection.Send(
                    Frame(kGoAway, 0, std::string(4, '\0'), kNoError));
                return false;
              });
            },
            terms) {}

  std::string Url() { return server_.Url(); }
  int Asked() { return asked_; }

 private:
  std::atomic<int> asked_ = 0;
  SocketServer server_;
};

TEST_F(CurlFetcherTlsTest, AsksAnewWhereAnHttp2ConnectionEndsUnderARequest) {
  for (const int closed_at : {1, 2}) {  // On a new connection, on a kept one.
    ClosingServer server(Http2(), closed_at);
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(Outcome(Fetch(Get(server.Url(), trusting_))), "status 200")
          << closed_at;
    }
    EXPECT_EQ(server.Asked(), 3) << closed_at;
  }
}

// Whoever counts his requests, a gateway that refuses those of unproven keys,
// gets each once.
TEST_F(CurlFetcherTlsTest, AsksOnceWhereAStreamIsResetOnANewConnection) {
  std::atomic<int> asked = 0;
  const SocketServer server(
      [&](Connection& connection) {
        ServeHttp2(connection, [&](const std::string& stream) {
          ++asked;
          constexpr std::string_view kInternalError("\0\0\0\x02", 4);
          connection.Send(Frame(kRstStream, 0, stream, kInternalError));
          return true;
        });
      },
      Http2());

  EXPECT_THAT(Outcome(Fetch(Get(server.Url(), trusting_))),
              StartsWith("connect: "));
  EXPECT_EQ(asked, 1);
}

// libcurl repeats such a request five times over the life of a handle.
TEST_F(CurlFetcherTlsTest, SurvivesAnyNumberOfRefusedStreams) {
  std::atomic<int> asked = 0;
  const SocketServer server(
      [&](Connection& connection) {
        ServeHttp2(connection, [&](const std::string& stream) {
          if (++asked % 3 == 0) {
            Answer200(connection, stream);
          } else {
            constexpr std::string_view kRefusedStream("\0\0\0\x07", 4);
            connection.Send(Frame(kRstStream, 0, stream, kRefusedStream));
          }
          return true;
        });
      },
      Http2());

  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Outcome(Fetch(Get(server.Url(), trusting_))), "status 200");
  }
  EXPECT_EQ(asked, 30);
}

}  // namespace
}  // namespace exporter
