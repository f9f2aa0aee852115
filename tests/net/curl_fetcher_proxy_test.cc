#include <curl/curl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <mutex>

#include "net/fetch.h"
#include "support/certificates.h"
#include "support/socket_server.h"

namespace exporter {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// A proxy: answers plain requests itself with 200 and tunnels CONNECT, to
// 127.0.0.1 whatever the host.
class Proxy {
 public:
  explicit Proxy(const std::optional<TlsTerms>& tls = std::nullopt)
      : server_([this](Connection& connection) { Serve(connection); }, tls) {}

  [[nodiscard]] int Port() const { return server_.Port(); }
  [[nodiscard]] std::string Url(const std::string& userinfo = "") const {
    return "http://" + userinfo + "127.0.0.1:" + std::to_string(Port());
  }

  // The heads of the requests it got.
  std::vector<std::string> Asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  void Serve(Connection& connection) {
    while (true) {
      const std::string request = connection.ReadRequest();
      if (request.empty()) return;
      {
        const std::lock_guard lock(mutex_);
        asked_.push_back(request);
      }
      if (!request.starts_with("CONNECT ")) {
        connection.Reply(200, "by proxy");
        continue;
      }
      connection.Send("HTTP/1.1 200 Tunnelled\r\nX-Of: proxy\r\n\r\n");
      connection.TunnelTo(std::stoi(request.substr(request.find(':') + 1)));
      return;
    }
  }

  std::mutex mutex_;
  std::vector<std::string> asked_;  // Guarded by mutex_.
  SocketServer server_;
};

// Sets what the environment says of proxies, and takes it back.
class ScopedProxyEnvironment {
 public:
  ScopedProxyEnvironment(const std::string& proxy, const char* no_proxy) {
    Clear();
    setenv("HTTP_PROXY", proxy.c_str(), 1);
    setenv("https_proxy", proxy.c_str(), 1);
    setenv("NO_PROXY", no_proxy, 1);
  }
  ~ScopedProxyEnvironment() { Clear(); }

 private:
  static void Clear() {
    for (const char* name :
         {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "no_proxy",
          "NO_PROXY", "all_proxy", "ALL_PROXY"}) {
      unsetenv(name);
    }
  }
};

class CurlFetcherProxyTest : public FetchTest {
 protected:
  static void Answer(Connection& connection) {
    while (!connection.ReadRequest().empty()) connection.Reply(200, "directly");
  }
  static Transport By(const std::string& proxy_url) {
    return Transport{.proxy_url = Secret(proxy_url)};
  }
  static std::string BodyOf(const Result<HttpReply>& reply) {
    return reply ? reply->body : Outcome(reply);
  }

  Proxy proxy_;
};

TEST_F(CurlFetcherProxyTest, AsksTheProxyForPlainUrls) {
  EXPECT_EQ(BodyOf(Fetch(Get("http://example.test/x", By(proxy_.Url())))),
            "by proxy");
  EXPECT_THAT(
      proxy_.Asked(),
      ElementsAre(AllOf(StartsWith("GET http://example.test/x HTTP/1.1"),
                        HasHeader("User-Agent", "test/1"),
                        HasHeader("Accept-Encoding", "gzip"))));
}

TEST_F(CurlFetcherProxyTest, ShowsTheProxyItsPassword) {
  ASSERT_TRUE(Fetch(Get("http://example.test/", By(proxy_.Url("u:p%40@")))));

  // "u:p@" in base64.
  EXPECT_THAT(
      proxy_.Asked(),
      ElementsAre(HasSubstr("\r\nProxy-Authorization: Basic dTpwQA==\r\n")));
}

// libcurl until 8 puts streams on a tunnel that is not there yet, and fails.
TEST_F(CurlFetcherProxyTest, SpeaksHttp2ByAProxyOnlyWhereThatWorks) {
  TestAuthority authority;
  const CertificateFiles files = authority.Issue("DNS:example.test");
  std::string preface;
  SocketServer server(
      [&](Connection& connection) { preface = connection.Read(4); },
      TlsTerms{.cert_file = files.cert_file,
               .key_file = files.key_file,
               .http2 = true});
  Transport transport = By(proxy_.Url());
  transport.ca_file = authority.CaFile();

  ASSERT_FALSE(
      Fetch(Get("https://example.test:" + std::to_string(server.Port()) + "/",
                transport)));

  const bool works =
      curl_version_info(CURLVERSION_NOW)->version_num >= 0x080000;
  EXPECT_EQ(preface, works ? "PRI " : "GET ");
}

TEST_F(CurlFetcherProxyTest, TunnelsTlsAndHidesTheTokenFromTheProxy) {
  TestAuthority authority;
  const CertificateFiles files = authority.Issue("DNS:example.test");
  SocketServer server(Answer, TlsTerms{.cert_file = files.cert_file,
                                       .key_file = files.key_file});
  Transport transport = By(proxy_.Url());
  transport.ca_file = authority.CaFile();
  HttpRequest request = Get(
      "https://example.test:" + std::to_string(server.Port()) + "/", transport);
  request.headers = {{"X-Auth-Token", "secret"}};

  const auto reply = Fetch(std::move(request));

  EXPECT_EQ(BodyOf(reply), "directly");
  EXPECT_EQ(Header(*reply, "X-Of"), "");
  EXPECT_THAT(proxy_.Asked(),
              ElementsAre(AllOf(StartsWith("CONNECT example.test:"),
                                HasHeader("User-Agent", "test/1"),
                                Not(HasSubstr("secret")))));
  EXPECT_THAT(server.ServerNames(), ElementsAre("example.test"));
}

// As curl and Go do it: the dot is sent, but not of the name to be certified.
TEST_F(CurlFetcherProxyTest, AsksAHostWithAFinalDot) {
  TestAuthority authority;
  const CertificateFiles files = authority.Issue("DNS:example.test");
  std::string asked;
  SocketServer server(
      [&asked](Connection& connection) {
        asked = connection.ReadRequest();
        connection.Reply(200, "directly");
      },
      TlsTerms{.cert_file = files.cert_file, .key_file = files.key_file});
  Transport transport = By(proxy_.Url());
  transport.ca_file = authority.CaFile();
  const std::string host = "example.test.:" + std::to_string(server.Port());

  EXPECT_EQ(BodyOf(Fetch(Get("https://" + host + "/", transport))), "directly");
  EXPECT_THAT(asked, HasHeader("Host", host));
  EXPECT_THAT(proxy_.Asked(), ElementsAre(StartsWith("CONNECT " + host)));
  EXPECT_THAT(server.ServerNames(), ElementsAre("example.test"));
}

TEST_F(CurlFetcherProxyTest, TrustsTheAuthorityItIsGivenForTheProxyToo) {
  TestAuthority authority;
  const CertificateFiles files = authority.Issue("IP:127.0.0.1");
  const Proxy proxy(
      TlsTerms{.cert_file = files.cert_file, .key_file = files.key_file});
  Transport transport = By("https://127.0.0.1:" + std::to_string(proxy.Port()));
  const std::string blame =
      "tls: TLS with the proxy 127.0.0.1:" + std::to_string(proxy.Port());
  for (const char* url : {"http://example.test/", "https://example.test/"}) {
    EXPECT_THAT(Outcome(Fetch(Get(url, transport))), StartsWith(blame));
  }

  transport.ca_file = authority.CaFile();

  EXPECT_EQ(BodyOf(Fetch(Get("http://example.test/", transport))), "by proxy");
}

TEST_F(CurlFetcherProxyTest, TellsThatTheProxyRefused) {
  for (const int status : {403, 407, 502}) {
    const SocketServer proxy([status](Connection& connection) {
      connection.ReadRequest();
      connection.Reply(status, "no");
    });
    const std::string url =
        "http://user:hush@127.0.0.1:" + std::to_string(proxy.Port());

    EXPECT_EQ(Outcome(Fetch(Get("https://example.test/", By(url)))),
              "connect: the proxy 127.0.0.1:" + std::to_string(proxy.Port()) +
                  " answered " + std::to_string(status));
  }
}

// A certificate of the endpoint's, behind an https:// proxy.
TEST_F(CurlFetcherProxyTest, BlamesTheEndpointForItsOwnCertificate) {
  TestAuthority trusted;
  TestAuthority unknown;
  const CertificateFiles of_proxy = trusted.Issue("IP:127.0.0.1");
  const CertificateFiles of_server = unknown.Issue("DNS:example.test");
  const Proxy proxy(
      TlsTerms{.cert_file = of_proxy.cert_file, .key_file = of_proxy.key_file});
  const SocketServer server(Answer, TlsTerms{.cert_file = of_server.cert_file,
                                             .key_file = of_server.key_file});
  Transport transport = By("https://127.0.0.1:" + std::to_string(proxy.Port()));
  transport.ca_file = trusted.CaFile();
  const std::string host = "example.test:" + std::to_string(server.Port());

  EXPECT_THAT(
      Outcome(Fetch(Get("https://" + host + "/", transport))),
      StartsWith("tls: TLS with " + host + ": SSL certificate problem: "));
}

TEST_F(CurlFetcherProxyTest, SaysThroughWhomAPlainReplyCame) {
  const SocketServer server(Answer);

  EXPECT_EQ(Fetch(Get("http://example.test/", By(proxy_.Url())))->proxy,
            "127.0.0.1:" + std::to_string(proxy_.Port()));
  EXPECT_EQ(Fetch(Get(server.Url()))->proxy, "");
}

TEST_F(CurlFetcherProxyTest, HasAWordForRefusalsOfSocks) {
  const struct {
    std::string method;   // Chosen of the ways to log in,
    std::string verdict;  // on user and password,
    std::string reply;    // to the wish to connect.
    const char* said;
  } kCases[] = {
      {std::string("\x05\xFF"), "", "",
       " wants a login that proxy_url does not give"},
      {std::string("\x05\x02"), std::string("\x01\x01"), "",
       " refused the user and the password"},
      {std::string("\x05\x02"), std::string("\x01\x00", 2),
       std::string("\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00", 10),
       " has a rule against example.test"},
      {std::string("\x05\x02"), std::string("\x01\x00", 2),
       std::string("\x05\x04\x00\x01\x00\x00\x00\x00\x00\x00", 10),
       " cannot find or reach example.test"},
  };
  for (const auto& [method, verdict, reply, said] : kCases) {
    const SocketServer proxy([&](Connection& connection) {
      for (const std::string& bytes : {method, verdict, reply}) {
        if (connection.Read(512).empty() || bytes.empty()) return;
        connection.Send(bytes);
      }
      connection.Read(512);
    });
    const std::string address = "127.0.0.1:" + std::to_string(proxy.Port());

    EXPECT_EQ(Outcome(Fetch(Get("https://example.test/",
                                By("socks5h://user:hush@" + address)))),
              "connect: the proxy " + address + said);
  }
}

TEST_F(CurlFetcherProxyTest, BlamesTheProxyAndNotTheEndpoint) {
  const std::string closed = "127.0.0.1:" + std::to_string(ClosedPort());
  for (const char* url : {"http://example.test/", "https://example.test/"}) {
    EXPECT_EQ(
        Outcome(Fetch(Get(url, By("http://user:hush@" + closed)))),
        "connect: connecting to the proxy " + closed + ": Connection refused");
  }
}

TEST_F(CurlFetcherProxyTest, TellsNoPasswordWhateverIsWrongWithTheProxy) {
  const std::string closed = std::to_string(ClosedPort());
  for (const std::string& proxy :
       {"http://user:hush@127.0.0.1:" + closed,
        std::string("http://user:hush@nowhere.invalid:3128"),
        std::string("http://user:hush@[::1"), std::string("foo://user:hush@h"),
        std::string("http://user:hush@h:99999")}) {
    for (const char* url : {"http://example.test/", "https://example.test/"}) {
      EXPECT_THAT(Outcome(Fetch(Get(url, By(proxy)))),
                  AllOf(StartsWith("connect: "), Not(HasSubstr("hush"))));
    }
  }
}

TEST_F(CurlFetcherProxyTest, EndsByItsDeadlineWhereTheProxyHangs) {
  using namespace std::chrono_literals;
  const SocketServer proxy([](Connection& connection) { connection.Hang(); });
  for (const char* url : {"http://example.test/", "https://example.test/"}) {
    HttpRequest request = Get(url, 300ms);
    request.transport = std::make_shared<const Transport>(
        By("http://127.0.0.1:" + std::to_string(proxy.Port())));
    const auto begin = clock_.SteadyNow();

    EXPECT_THAT(Outcome(Fetch(std::move(request))), StartsWith("timeout: "));
    EXPECT_LT(clock_.SteadyNow() - begin, 2s);
  }
}

TEST_F(CurlFetcherProxyTest, BoundsWhatTheProxySaysBeforeTheTunnel) {
  const SocketServer proxy([](Connection& connection) {
    connection.ReadRequest();
    connection.Send("HTTP/1.1 200 Tunnelled\r\n");
    while (connection.Send("X: y\r\n")) {
    }
  });
  const auto reply =
      Fetch(Get("https://example.test/",
                By("http://127.0.0.1:" + std::to_string(proxy.Port()))));
  EXPECT_FALSE(reply);
}

TEST_F(CurlFetcherProxyTest, UsesTheEnvironmentOnlyWhereItIsTold) {
  const SocketServer server(Answer);
  const ScopedProxyEnvironment environment(proxy_.Url(), "other.test");
  // These libcurl would look for on its own.
  setenv("http_proxy", proxy_.Url().c_str(), 1);
  setenv("ALL_PROXY", proxy_.Url().c_str(), 1);
  CurlFetcher fetcher(clock_, {});

  // Unlike 127.0.0.1 not exempt by itself; found there all the same.
  const std::string url =
      "http://a.localhost:" + std::to_string(server.Port()) + "/";

  EXPECT_EQ(BodyOf(Fetch(fetcher, Get(url, Transport{}))), "directly");
  EXPECT_THAT(proxy_.Asked(), IsEmpty());
  EXPECT_EQ(BodyOf(Fetch(fetcher,
                         Get(url, Transport{.proxy_from_environment = true}))),
            "by proxy");
}

TEST_F(CurlFetcherProxyTest, TakesTheProxyOfTheScheme) {
  const ScopedProxyEnvironment environment(proxy_.Url(), "");
  setenv("https_proxy", "http://127.0.0.1:1", 1);
  CurlFetcher fetcher(clock_, {});
  const Transport transport{.proxy_from_environment = true};

  EXPECT_THAT(Outcome(Fetch(fetcher, Get("https://example.test/", transport))),
              StartsWith("connect: "));
  EXPECT_THAT(proxy_.Asked(), IsEmpty());
  EXPECT_EQ(BodyOf(Fetch(fetcher, Get("http://example.test/", transport))),
            "by proxy");
}

TEST_F(CurlFetcherProxyTest, LeavesOutTheHostsOfNoProxy) {
  const SocketServer server(Answer);
  const std::string port = std::to_string(server.Port());
  const Transport transport{.proxy_from_environment = true};
  const struct {
    const char* no_proxy;
    const char* host;
    const char* answer;
  } kCases[] = {
      {"", "a.localhost", "by proxy"},
      {"", "127.0.0.1", "directly"},
      {"", "localhost", "directly"},
      {"*", "a.localhost", "directly"},
      {".localhost", "a.localhost", "directly"},
      {"LocalHost", "a.localhost", "directly"},
      {"other.test,a.localhost", "a.localhost", "directly"},
      {"localhost:1", "a.localhost", "by proxy"},
      {"localhost", "notlocalhost", "by proxy"},
  };
  for (const auto& [no_proxy, host, answer] : kCases) {
    SCOPED_TRACE(no_proxy);
    const ScopedProxyEnvironment environment(proxy_.Url(), no_proxy);
    CurlFetcher fetcher(clock_, {});

    EXPECT_EQ(BodyOf(Fetch(fetcher,
                           Get("http://" + std::string(host) + ":" + port + "/",
                               transport))),
              answer)
        << host;
  }
}

// What counts is the host that is asked, whatever its certificate says.
TEST_F(CurlFetcherProxyTest, LooksForTheHostInNoProxyAndNotForItsServerName) {
  TestAuthority authority;
  const CertificateFiles files = authority.Issue("DNS:other.test");
  const SocketServer server(Answer, TlsTerms{.cert_file = files.cert_file,
                                             .key_file = files.key_file});
  const ScopedProxyEnvironment environment(proxy_.Url(), "127.0.0.1");
  CurlFetcher fetcher(clock_, {});

  EXPECT_EQ(BodyOf(Fetch(fetcher, Get(server.Url(),
                                      Transport{.proxy_from_environment = true,
                                                .ca_file = authority.CaFile(),
                                                .server_name = "other.test"}))),
            "directly");
  EXPECT_THAT(proxy_.Asked(), IsEmpty());
}

}  // namespace
}  // namespace exporter
