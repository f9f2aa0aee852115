#include "net/curl_fetcher.h"

#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "net/fetch.h"
#include "support/socket_server.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class CurlFetcherTest : public FetchTest {};

// Keeps what clients asked, and answers each with 200 and "{}".
class Recorder {
 public:
  std::string Last() {
    const std::lock_guard lock(mutex_);
    return last_;
  }
  void operator()(Connection& connection) {
    while (true) {
      std::string request = connection.ReadRequest();
      if (request.empty()) return;
      {
        const std::lock_guard lock(mutex_);
        last_ = std::move(request);
      }
      connection.Reply(200, "{}");
    }
  }

 private:
  std::mutex mutex_;
  std::string last_;  // Guarded by mutex_.
};

SocketServer::Handler RecordWith(Recorder& recorder) {
  return [&recorder](Connection& connection) { recorder(connection); };
}

// A server that answers each request with the same bytes.
SocketServer::Handler Say(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& connection) {
    while (!connection.ReadRequest().empty()) {
      if (!connection.Send(bytes)) return;
    }
  };
}

// As Say, but the connection is closed after it.
SocketServer::Handler SayOnce(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& connection) {
    connection.ReadRequest();
    connection.Send(bytes);
  };
}

std::string Gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in =
      reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // NOLINT
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string Whole(std::string_view headers, std::string_view body) {
  return "HTTP/1.1 200 OK\r\n" + std::string(headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

TEST_F(CurlFetcherTest, BringsStatusHeadersAndBody) {
  const SocketServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Reply(201, "hello", "X-Subject-Token:  abc \r\nEmpty:\r\n");
  });

  const auto reply = Fetch(Get(server.Url()));

  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->status, 201);
  EXPECT_EQ(reply->body, "hello");
  ASSERT_EQ(reply->headers.size(), 3U);
  EXPECT_EQ(Header(*reply, "x-subject-token"), "abc");
  EXPECT_EQ(Header(*reply, "Empty"), "");
}

TEST_F(CurlFetcherTest, SendsTheRequestAsItIs) {
  Recorder recorder;
  const SocketServer server(RecordWith(recorder));
  HttpRequest request = Get(server.Url("/a%2Fb/../x?q=%20&r=1"));
  request.headers = {{"X-Auth-Token", "t"}, {"X-Empty", ""}};

  ASSERT_TRUE(Fetch(std::move(request)));

  EXPECT_THAT(recorder.Last(),
              StartsWith("GET /a%2Fb/../x?q=%20&r=1 HTTP/1.1"));
  EXPECT_THAT(recorder.Last(), HasSubstr("\r\nHost: 127.0.0.1:" +
                                         std::to_string(server.Port())));
  EXPECT_THAT(recorder.Last(), HasHeader("User-Agent", "test/1"));
  EXPECT_THAT(recorder.Last(), HasHeader("Accept-Encoding", "gzip"));
  EXPECT_THAT(recorder.Last(), HasSubstr("\r\nX-Auth-Token: t\r\n"));
  EXPECT_THAT(recorder.Last(), HasSubstr("\r\nX-Empty:\r\n"));
}

TEST_F(CurlFetcherTest, SendsBodiesAndForgetsThemAfterwards) {
  Recorder recorder;
  const SocketServer server(RecordWith(recorder));

  for (const char* method : {"POST", "PUT"}) {
    HttpRequest request = Get(server.Url());
    request.method = method;
    request.body = std::string("a\0b", 3);
    ASSERT_TRUE(Fetch(std::move(request)));

    EXPECT_THAT(recorder.Last(), StartsWith(std::string(method) + " / "));
    EXPECT_THAT(recorder.Last(), HasSubstr("\r\nContent-Length: 3\r\n"));
    EXPECT_THAT(recorder.Last(), Not(HasSubstr("Content-Type")));
    EXPECT_EQ(recorder.Last().substr(recorder.Last().size() - 3),
              std::string("a\0b", 3));
  }
  ASSERT_TRUE(Fetch(Get(server.Url())));
  EXPECT_THAT(recorder.Last(), StartsWith("GET / "));
  EXPECT_THAT(recorder.Last(), Not(HasSubstr("Content-Length")));
}

TEST_F(CurlFetcherTest, SendsAnEmptyBodyAsOne) {
  Recorder recorder;
  const SocketServer server(RecordWith(recorder));
  HttpRequest request = Get(server.Url());
  request.method = "PUT";
  request.headers = {{"Content-Type", "application/json"}};

  ASSERT_TRUE(Fetch(std::move(request)));

  EXPECT_THAT(recorder.Last(), HasSubstr("\r\nContent-Length: 0\r\n"));
  EXPECT_THAT(recorder.Last(), HasSubstr("\r\nContent-Type: application/json"));
}

TEST_F(CurlFetcherTest, TakesEveryStatusAsAReplyAndFollowsNoRedirect) {
  for (const int status : {204, 302, 307, 400, 401, 403, 404, 429, 500, 503}) {
    const SocketServer server([status](Connection& connection) {
      connection.ReadRequest();
      connection.Reply(status, "", "Location: /elsewhere\r\n");
    });
    EXPECT_EQ(Outcome(Fetch(Get(server.Url()))),
              "status " + std::to_string(status));
    EXPECT_EQ(server.Accepted(), 1);
  }
}

// It becomes a label, so there must not be too many.
TEST_F(CurlFetcherTest, TakesNoStatusWithoutThreeDigits) {
  for (const std::string line : {"HTTP/2 2000", "HTTP/2 7", "HTTP/22222",
                                 "HTTP/1.1 2000", "HTTP/1.1 20 OK"}) {
    SCOPED_TRACE(line);
    const SocketServer server(SayOnce(line + "\r\n\r\nok"));

    const auto reply = Fetch(Get(server.Url()));

    ASSERT_FALSE(reply);
    EXPECT_THAT(reply.error().message, EndsWith("is not HTTP"));
  }
}

TEST_F(CurlFetcherTest, UsesAConnectionAgain) {
  Recorder recorder;
  const SocketServer server(RecordWith(recorder));

  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Fetch(Get(server.Url())));

  EXPECT_EQ(server.Accepted(), 1);
}

TEST_F(CurlFetcherTest, SurvivesThatAnIdleConnectionWasClosed) {
  const SocketServer server(SayOnce(Whole("", "{}")));

  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Outcome(Fetch(Get(server.Url()))), "status 200");
  }
}

// It is of an account, which may count what it refuses: libcurl would send it
// again where a kept connection breaks.
TEST_F(CurlFetcherTest, SendsABodyOnAConnectionOfItsOwn) {
  std::atomic<int> posts = 0;
  const SocketServer server([&](Connection& connection) {
    while (true) {
      const std::string request = connection.ReadRequest();
      if (request.starts_with("POST ")) ++posts;
      if (!request.starts_with("GET ")) return;
      connection.Reply(200, "{}");
    }
  });
  ASSERT_TRUE(Fetch(Get(server.Url())));
  HttpRequest request = Get(server.Url());
  request.method = "POST";
  request.body = "{}";

  EXPECT_THAT(Outcome(Fetch(std::move(request))),
              EndsWith("closed the connection without a reply"));
  EXPECT_EQ(posts, 1);
}

TEST_F(CurlFetcherTest, CarriesManyAtOnce) {
  constexpr int kMany = 200;
  Recorder recorder;
  const SocketServer server(RecordWith(recorder));
  int good = 0;

  for (int i = 0; i < kMany; ++i) {
    fetcher_.Start(Get(server.Url()),
                   [&](const Result<HttpReply>& reply, const HttpRequest&) {
                     good += reply ? 1 : 0;
                   });
  }
  const Deadline give_up = clock_.SteadyNow() + 20s;
  while (good < kMany && clock_.SteadyNow() < give_up) fetcher_.Poll(1s);

  EXPECT_EQ(good, kMany);
}

TEST_F(CurlFetcherTest, TakesTheLastHeadersOnly) {
  const SocketServer server(
      Say("HTTP/1.1 100 Continue\r\nX: 1\r\n\r\n"
          "HTTP/1.1 103 Early Hints\r\nX: 2\r\n\r\n" +
          Whole("X: 3\r\n", "ok")));

  const auto reply = Fetch(Get(server.Url()));

  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(Header(*reply, "X"), "3");
  EXPECT_EQ(reply->headers.size(), 2U);
}

// libcurl 7.88 to 8.1.0 would add it to a header that it has freed.
TEST_F(CurlFetcherTest, RefusesAHeaderThatBeginsWithAFoldedLine) {
  const SocketServer good(Say(Whole("X: 1\r\n", "ok")));
  const std::string folded = "\tX: " + std::string(500, 'x') + "\r\n";
  // libcurl reads the protocol's name in any case.
  const SocketServer bad(Say("HTtP" + Whole(folded, "").substr(4)));

  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Outcome(Fetch(Get(good.Url()))), "status 200");
    const auto reply = Fetch(Get(bad.Url()));

    if (curl_version_info(CURLVERSION_NOW)->version_num >= 0x080101) {
      EXPECT_EQ(Outcome(reply), "status 200");
    } else {
      ASSERT_FALSE(reply);
      EXPECT_THAT(reply.error().message, EndsWith("is not HTTP"));
    }
  }
}

TEST_F(CurlFetcherTest, TakesALongFirstHeaderWithBlanksInIt) {
  const std::string blanks(40'000, ' ');
  const SocketServer server(Say(Whole("X: a" + blanks + "b\r\n", "ok")));

  const auto reply = Fetch(Get(server.Url()));

  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(Header(*reply, "X"), "a" + blanks + "b");
}

TEST_F(CurlFetcherTest, LeavesTheRestOfAFoldedHeaderOut) {
  const SocketServer server(Say(Whole("X: 1\r\n Y: 2\r\n", "ok")));

  const auto reply = Fetch(Get(server.Url()));

  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(Header(*reply, "Y"), "");
}

TEST_F(CurlFetcherTest, TakesNoInterimReplyForTheReply) {
  const SocketServer server(
      SayOnce("HTTP/1.1 103 Early Hints\r\nX: 2\r\n\r\n"));

  EXPECT_FALSE(Fetch(Get(server.Url())));
}

TEST_F(CurlFetcherTest, LeavesTrailersOut) {
  const SocketServer server(
      Say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
          "2\r\nok\r\n0\r\nX-Late: 1\r\n\r\n"));

  const auto reply = Fetch(Get(server.Url()));

  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->body, "ok");
  EXPECT_EQ(Header(*reply, "X-Late"), "");
}

TEST_F(CurlFetcherTest, TakesTokensOf32KilobytesBothWays) {
  const std::string token(32 * 1024, 'T');
  Recorder recorder;
  const SocketServer asked(RecordWith(recorder));
  const SocketServer giving(
      Say(Whole("X-Subject-Token: " + token + "\r\n", "")));
  HttpRequest request = Get(asked.Url());
  request.headers = {{"X-Auth-Token", token}};

  ASSERT_TRUE(Fetch(std::move(request)));
  const auto reply = Fetch(Get(giving.Url()));

  EXPECT_THAT(recorder.Last(),
              HasSubstr("\r\nX-Auth-Token: " + token + "\r\n"));
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(Header(*reply, "X-Subject-Token"), token);
}

// ---- What a server does wrong.

TEST_F(CurlFetcherTest, EndsByItsDeadlineWhateverTheServerDoes) {
  const std::string header = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
  const struct {
    const char* what;
    SocketServer::Handler handler;
    const char* phase;
  } kCases[] = {
      {"hangs", [](Connection& c) { c.Hang(); }, "waiting for"},
      {"hangs after the header",
       [&](Connection& c) {
         c.Send(header);
         c.Hang();
       },
       "reading"},
      {"drips its header",
       [&](Connection& c) {
         // The status line is there long before the end.
         c.Drip(std::string("HTTP/1.1 200 OK\r\nX: ").append(5000, 'x'), 1ms);
       },
       "reading"},
      {"drips its body",
       [&](Connection& c) {
         c.Send(header);
         c.Drip(std::string(100, 'x'), 10ms);
       },
       "reading"},
      {"sends interim replies for ever",
       [](Connection& c) {
         while (c.Send("HTTP/1.1 100 Continue\r\n\r\n")) {
           std::this_thread::sleep_for(10ms);
         }
       },
       "reading"},
  };
  for (const auto& [what, handler, phase] : kCases) {
    SCOPED_TRACE(what);
    const SocketServer server(handler);
    const auto begin = clock_.SteadyNow();

    const auto reply = Fetch(Get(server.Url(), 300ms));

    EXPECT_EQ(Outcome(reply),
              "timeout: deadline passed while " + std::string(phase) +
                  " the reply of 127.0.0.1:" + std::to_string(server.Port()));
    EXPECT_GE(clock_.SteadyNow() - begin, 290ms);
    EXPECT_LT(clock_.SteadyNow() - begin, 2s);
  }
}

TEST_F(CurlFetcherTest, EndsAtOnceWhereTheDeadlineHasPassed) {
  Recorder recorder;
  const SocketServer server(RecordWith(recorder));
  std::string outcome = "none";

  fetcher_.Start(Get(server.Url(), -1ms),
                 [&](const Result<HttpReply>& reply, const HttpRequest&) {
                   outcome = Outcome(reply);
                 });
  EXPECT_EQ(outcome, "none");
  fetcher_.Poll(10s);

  EXPECT_THAT(outcome, StartsWith("timeout: "));
  EXPECT_EQ(server.Accepted(), 0);
}

TEST_F(CurlFetcherTest, TellsHowTheLineBroke) {
  const struct {
    const char* what;
    SocketServer::Handler handler;
    const char* outcome;
  } kCases[] = {
      {"closes", [](Connection& c) { c.ReadRequest(); },
       "closed the connection without a reply"},
      {"resets",
       [](Connection& c) {
         c.ReadRequest();
         c.Reset();
       },
       "broke: Connection reset by peer"},
      {"cuts its header", SayOnce("HTTP/1.1 200 OK\r\nContent-Le"),
       "was cut short"},
      {"cuts its body",
       SayOnce("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"sta"),
       "was cut short"},
      {"cuts a chunk",
       SayOnce("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"),
       "was cut short"},
      {"talks nonsense", SayOnce("220 smtp ready\r\n\r\n"), "is not HTTP"},
  };
  for (const auto& [what, handler, outcome] : kCases) {
    SCOPED_TRACE(what);
    const SocketServer server(handler);

    const auto reply = Fetch(Get(server.Url("/?secret=1")));

    EXPECT_THAT(Outcome(reply),
                AllOf(StartsWith("connect: "), HasSubstr(outcome),
                      HasSubstr(std::to_string(server.Port())),
                      Not(HasSubstr("secret"))));
  }
}

// It did answer: nothing is wrong with the line.
TEST_F(CurlFetcherTest, TakesABodyThatCannotBeDecompressedAsMalformed) {
  const SocketServer server(
      Say(Whole("Content-Encoding: gzip\r\n", "nonsense")));

  EXPECT_EQ(Outcome(Fetch(Get(server.Url()))),
            "malformed: the reply of 127.0.0.1:" +
                std::to_string(server.Port()) + " cannot be decompressed");
}

// A handle is used again, and libcurl keeps the error of its last exchange.
TEST_F(CurlFetcherTest, BlamesNoExchangeForTheErrorOfTheOneBefore) {
  const SocketServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz");
  });
  ASSERT_FALSE(
      Fetch(Get("http://127.0.0.1:" + std::to_string(ClosedPort()) + "/")));

  EXPECT_THAT(Outcome(Fetch(Get(server.Url()))),
              AllOf(StartsWith("connect: "), Not(HasSubstr("refused"))));
}

// Signed is the Host of the URL, so libcurl must not make another of it.
TEST_F(CurlFetcherTest, SendsTheHostAsTheUrlHasIt) {
  Recorder recorder;
  const SocketServer server(RecordWith(recorder));
  const std::string host = "127.1:" + std::to_string(server.Port());

  ASSERT_TRUE(Fetch(Get("http://" + host + "/")));

  EXPECT_THAT(recorder.Last(), HasSubstr("\r\nHost: " + host + "\r\n"));
}

// The handle that asks is the same each time.
TEST_F(CurlFetcherTest, SendsWhatFollowsTheHostAsTheUrlHasIt) {
  Recorder recorder;
  const SocketServer one(RecordWith(recorder));
  const SocketServer other(RecordWith(recorder));
  struct Case {
    std::string url;
    std::string request_line;
    std::string host;
  };
  const std::vector<Case> cases = {
      {one.Url("/v2/p/a%2Fb/../c?x=1&y=%20"),
       "GET /v2/p/a%2Fb/../c?x=1&y=%20 HTTP/1.1", one.Url("").substr(7)},
      {one.Url("/second"), "GET /second HTTP/1.1", one.Url("").substr(7)},
      {one.Url("?x=/1"), "GET /?x=/1 HTTP/1.1", one.Url("").substr(7)},
      {one.Url(""), "GET / HTTP/1.1", one.Url("").substr(7)},
      {other.Url("//third\xC3\xA9"), "GET //third\xC3\xA9 HTTP/1.1",
       other.Url("").substr(7)},
      {one.Url("/fourth"), "GET /fourth HTTP/1.1", one.Url("").substr(7)},
  };

  for (const Case& c : cases) {
    SCOPED_TRACE(c.url);
    EXPECT_EQ(Outcome(Fetch(Get(c.url))), "status 200");
    EXPECT_THAT(recorder.Last(), StartsWith(c.request_line + "\r\n"));
    EXPECT_THAT(recorder.Last(), HasSubstr("Host: " + c.host + "\r\n"));
  }

  EXPECT_EQ(Outcome(Fetch(Get(one.Url("/a b")))), "connect: not a URL");
  EXPECT_EQ(Outcome(Fetch(Get(one.Url("0000/a")))), "connect: not a URL");
}

TEST_F(CurlFetcherTest, TellsThatNobodyListens) {
  const std::string host = "127.0.0.1:" + std::to_string(ClosedPort());

  EXPECT_EQ(Outcome(Fetch(Get("http://" + host + "/"))),
            "connect: connecting to " + host + ": Connection refused");
}

TEST_F(CurlFetcherTest, TellsWhichNameIsUnknown) {
  EXPECT_EQ(Outcome(Fetch(Get("http://nowhere.invalid:1/"))),
            "connect: name lookup failed: nowhere.invalid (Name or service "
            "not known)");
}

TEST_F(CurlFetcherTest, DropsBytesAfterTheBody) {
  const SocketServer server(Say(Whole("", "{}") + "and more"));

  for (int i = 0; i < 3; ++i) {
    const auto reply = Fetch(Get(server.Url()));
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, "{}");
  }
}

// ---- What is too much.

TEST_F(CurlFetcherTest, TakesBodiesUpToTheLimitAndNotOneByteMore) {
  CurlFetcher fetcher(clock_, {.max_body_bytes = 1000});
  const auto chunked = [](std::size_t size) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"
           "3e7\r\n" +
           std::string(999, 'x') + "\r\n" + (size > 1000 ? "1\r\nx\r\n" : "") +
           "0\r\n\r\n";
  };
  const struct {
    std::string reply;
    const char* outcome;
  } kCases[] = {
      {Whole("", std::string(1000, 'x')), "status 200"},
      {Whole("", std::string(1001, 'x')),
       "too_large: the body is larger than 1000 bytes"},
      {chunked(1000), "status 200"},
      {chunked(1001), "too_large: the body is larger than 1000 bytes"},
      {Whole("Content-Encoding: gzip\r\n", Gzip(std::string(1000, 'x'))),
       "status 200"},
      {Whole("Content-Encoding: gzip\r\n", Gzip(std::string(1001, 'x'))),
       "too_large: the body is larger than 1000 bytes"},
  };
  for (const auto& [bytes, outcome] : kCases) {
    const SocketServer server(Say(bytes));
    EXPECT_EQ(Outcome(Fetch(fetcher, Get(server.Url()))), outcome);
  }
}

TEST_F(CurlFetcherTest, IsNotBlownUpByAGzipBomb) {
  // 100 MB in 100 kB; packed twice, in 1 kB.
  const std::string bomb = Gzip(std::string(100'000'000, '\0'));
  const SocketServer once(Say(Whole("Content-Encoding: gzip\r\n", bomb)));
  const SocketServer twice(
      Say(Whole("Content-Encoding: gzip, gzip\r\n", Gzip(bomb))));

  EXPECT_THAT(Outcome(Fetch(Get(once.Url()))), StartsWith("too_large: "));
  EXPECT_THAT(Outcome(Fetch(Get(twice.Url()))), StartsWith("too_large: "));
}

TEST_F(CurlFetcherTest, WaitsForNoBodyThatIsAnnouncedAsTooLarge) {
  const SocketServer server([](Connection& connection) {
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    connection.Hang();
  });

  EXPECT_EQ(Outcome(Fetch(Get(server.Url(), 1s))),
            "too_large: the body is larger than 1048576 bytes");
}

TEST_F(CurlFetcherTest, StopsReadingABodyWithoutEnd) {
  const SocketServer server([](Connection& connection) {
    connection.ReadRequest();
    connection.Send("HTTP/1.1 200 OK\r\n\r\n");
    const std::string much(64 * 1024, 'x');
    while (connection.Send(much)) {
    }
  });

  EXPECT_THAT(Outcome(Fetch(Get(server.Url()))), StartsWith("too_large: "));
}

TEST_F(CurlFetcherTest, StopsReadingAHeaderWithoutEnd) {
  for (const char* line : {"X: y\r\n", "xxxxxxxx"}) {
    SCOPED_TRACE(line);
    const SocketServer server([line](Connection& connection) {
      connection.ReadRequest();
      connection.Send("HTTP/1.1 200 OK\r\nX: ");
      while (connection.Send(line)) {
      }
    });
    EXPECT_EQ(Outcome(Fetch(Get(server.Url()))),
              "too_large: the header is too large");
  }
}

// ---- What we do wrong.

TEST_F(CurlFetcherTest, SendsNoHeaderThatBreaksOutOfItsLine) {
  Recorder recorder;
  const SocketServer server(RecordWith(recorder));
  const std::pair<std::string, std::string> kHeaders[] = {
      {"X-Auth-Token", "secret\r\nX-Evil: 1"},
      {"X-Auth-Token", "secret\n"},
      {"X-Auth-Token", std::string("secret\0x", 8)},
      {"X-Auth-Token\r\nX-Evil", "secret"},
  };
  for (const auto& header : kHeaders) {
    HttpRequest request = Get(server.Url());
    request.headers = {header};

    const auto reply = Fetch(std::move(request));

    EXPECT_THAT(Outcome(reply),
                AllOf(StartsWith("credentials: "), HasSubstr("X-Auth-Token"),
                      Not(HasSubstr("secret")), Not(HasSubstr("\n"))));
  }
  EXPECT_EQ(server.Accepted(), 0);
}

TEST_F(CurlFetcherTest, SpeaksHttpAlone) {
  for (const char* url :
       {"file:///etc/passwd", "ftp://127.0.0.1/", "nonsense", "http://h/a b"}) {
    EXPECT_EQ(Outcome(Fetch(Get(url))), "connect: not a URL") << url;
  }
}

// ---- The loop.

TEST_F(CurlFetcherTest, CallsNobodyFromInsideStart) {
  bool called = false;
  fetcher_.Start(Get("nonsense"),
                 [&](const auto&, const auto&) { called = true; });
  EXPECT_FALSE(called);

  fetcher_.Poll(0ms);
  EXPECT_TRUE(called);
}

TEST_F(CurlFetcherTest, GivesEachRequestBackAtItsEnd) {
  const SocketServer good([](Connection& c) { c.Reply(200, "{}"); });
  const SocketServer silent([](Connection& c) { c.Hang(); });
  std::map<std::string, HttpRequest> back;
  const std::vector<std::pair<std::string, std::chrono::milliseconds>> all = {
      {good.Url(), 20s},             // It is answered;
      {silent.Url(), 1s},            // or it is not, in time;
      {"nonsense", 20s},             // it is refused;
      {"http://localhost/", -1ms}};  // it comes too late.
  for (const auto& [url, budget] : all) {
    HttpRequest request = Get(url, budget);
    request.headers = {{"X-Auth-Token", "t of " + url}};
    request.body = "body of " + url;
    fetcher_.Start(std::move(request), [&](const auto&, HttpRequest ended) {
      const std::string key = ended.url;
      back[key] = std::move(ended);
    });
  }
  const Deadline give_up = clock_.SteadyNow() + 20s;
  while (back.size() < all.size() && clock_.SteadyNow() < give_up) {
    fetcher_.Poll(1s);
  }

  ASSERT_EQ(back.size(), all.size());
  for (const auto& [url, request] : back) {
    EXPECT_EQ(request.method, "GET");
    EXPECT_THAT(request.headers, testing::ElementsAre(testing::Pair(
                                     "X-Auth-Token", "t of " + url)));
    EXPECT_EQ(request.body, "body of " + url);
  }
}

TEST_F(CurlFetcherTest, ForgetsWhatIsCancelled) {
  const SocketServer server([](Connection& connection) { connection.Hang(); });
  bool called = false;
  const auto done = [&](const auto&, const auto&) { called = true; };

  const auto fresh = fetcher_.Start(Get(server.Url(), 100ms), done);
  fetcher_.Cancel(fresh);
  const auto running = fetcher_.Start(Get(server.Url(), 100ms), done);
  fetcher_.Poll(20ms);
  fetcher_.Cancel(running);
  const auto finished = fetcher_.Start(Get("nonsense"), done);
  fetcher_.Cancel(finished);
  fetcher_.Cancel(finished);
  fetcher_.Cancel(12345);
  fetcher_.Poll(200ms);

  EXPECT_FALSE(called);
}

TEST_F(CurlFetcherTest, KeepsNoMoreOfACancelledRequestThanOfOneThatEnded) {
  const SocketServer good([](Connection& c) { c.Reply(200, "{}"); });
  const SocketServer silent([](Connection& c) { c.Hang(); });
  const auto transport = std::make_shared<const Transport>();
  const auto get = [&](const std::string& url) {
    HttpRequest request = Get(url);
    request.transport = transport;
    return request;
  };
  EXPECT_EQ(Outcome(Fetch(get(good.Url()))), "status 200");
  const long kept = transport.use_count();

  const auto given_up =
      fetcher_.Start(get(silent.Url()), [](const auto&, const auto&) {});
  EXPECT_GT(transport.use_count(), kept);
  fetcher_.Cancel(given_up);

  EXPECT_EQ(transport.use_count(), kept);
}

TEST_F(CurlFetcherTest, LetsADoneStartAndCancelOthers) {
  Recorder recorder;
  const SocketServer server(RecordWith(recorder));
  std::string story;

  Fetcher::Ticket third = 0;
  fetcher_.Start(Get("nonsense"), [&](const auto&, const auto&) {
    story += "first ";
    fetcher_.Cancel(third);
    fetcher_.Start(Get("nonsense"), [&](const auto&, const auto&) {
      story += "then ";
      fetcher_.Start(Get(server.Url()),
                     [&](const Result<HttpReply>& reply, const HttpRequest&) {
                       story += Outcome(reply);
                     });
    });
  });
  fetcher_.Start(Get("nonsense"),
                 [&](const auto&, const auto&) { story += "second "; });
  third = fetcher_.Start(Get("nonsense"),
                         [&](const auto&, const auto&) { story += "third "; });
  fetcher_.Poll(0ms);
  EXPECT_EQ(story, "first second ");

  fetcher_.Poll(0ms);
  EXPECT_EQ(story, "first second then ");

  fetcher_.Poll(10s);
  EXPECT_EQ(story, "first second then status 200");
}

TEST_F(CurlFetcherTest, WaitsNoLongerThanItWasTold) {
  const SocketServer server([](Connection& connection) { connection.Hang(); });
  fetcher_.Start(Get(server.Url()), [](const auto&, const auto&) {});

  const auto begin = clock_.SteadyNow();
  fetcher_.Poll(50ms);

  EXPECT_GE(clock_.SteadyNow() - begin, 50ms);
  EXPECT_LT(clock_.SteadyNow() - begin, 2s);
}

TEST_F(CurlFetcherTest, IsWokenFromAnotherThread) {
  const auto begin = clock_.SteadyNow();
  for (int i = 0; i < 100; ++i) {
    std::thread other([&] { fetcher_.Wake(); });
    fetcher_.Poll(10s);
    other.join();
  }
  EXPECT_LT(clock_.SteadyNow() - begin, 9s);
}

TEST_F(CurlFetcherTest, RemembersAWakeThatCameBefore) {
  fetcher_.Wake();
  fetcher_.Wake();

  const auto begin = clock_.SteadyNow();
  fetcher_.Poll(10s);
  EXPECT_LT(clock_.SteadyNow() - begin, 9s);

  const auto again = clock_.SteadyNow();
  fetcher_.Poll(20ms);
  EXPECT_GE(clock_.SteadyNow() - again, 20ms);
}

TEST_F(CurlFetcherTest, CanGoWhileExchangesAreOnTheirWay) {
  const SocketServer server([](Connection& connection) { connection.Hang(); });
  bool called = false;
  {
    CurlFetcher fetcher(clock_, {});
    fetcher.Start(Get(server.Url()),
                  [&](const auto&, const auto&) { called = true; });
    fetcher.Poll(20ms);
  }
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace exporter
