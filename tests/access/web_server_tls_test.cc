#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "support/captured_log.h"
#include "support/certificates.h"
#include "support/temp_folder.h"
#include "test_server.h"
#include "tls_client.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

class WebServerTlsTest : public testing::Test {
 protected:
  // A server on whose tls_server_config `more` follows.
  void Start(const std::string& more = "", WebServerOptions options = {}) {
    options.web_config_file = folder_.Write(
        "web.yml", "tls_server_config:\n  cert_file: " + own_.cert_file +
                       "\n  key_file: " + own_.key_file + "\n" + more);
    server_ = std::make_unique<TestServer>(
        std::vector<Route>{PlainRoute(), PlainRoute("/big", Big())}, options);
  }

  static std::string Big() { return std::string(5'000'000, 'x'); }

  TlsExchange Get(TlsClientOptions options = {},
                  std::string_view target = "/") {
    options.ca_file = authority_.CaFile();
    return GetOverTls(server_->Port(), options, "", target);
  }

  static bool IsAnswered(const TlsExchange& exchange) {
    return exchange.response.starts_with("HTTP/1.1 200 OK\r\n") &&
           exchange.response.ends_with("hello\n");
  }

  TestAuthority authority_;
  CertificateFiles own_ = authority_.Issue("DNS:localhost,IP:127.0.0.1");
  TempFolder folder_;
  std::unique_ptr<TestServer> server_;
};

TEST_F(WebServerTlsTest, AnswersOverTls12And13) {
  Start();

  EXPECT_TRUE(IsAnswered(Get()));
  EXPECT_EQ(Get().version, "TLSv1.3");
  EXPECT_TRUE(IsAnswered(Get({.version = TLS1_2_VERSION})));
  EXPECT_FALSE(Get({.version = TLS1_1_VERSION}).connected);
}

TEST_F(WebServerTlsTest, SendsLargeBodiesWhole) {
  Start();
  EXPECT_TRUE(Get({}, "/big").response.ends_with("\r\n\r\n" + Big()));
}

TEST_F(WebServerTlsTest, KeepsToTheVersionsAndSuitesThatWereChosen) {
  Start(
      "  min_version: TLS12\n  max_version: TLS12\n"
      "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,\n"
      "                  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,\n"
      "                  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,\n"
      "                  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n");

  EXPECT_FALSE(Get({.version = TLS1_3_VERSION}).connected);
  EXPECT_FALSE(Get({.ciphers = "ECDHE+CHACHA20"}).connected);
  EXPECT_NE(
      Get({.ciphers = "ECDHE+AES128:ECDHE+AES256"}).cipher.find("AES256-GCM"),
      std::string::npos)
      << "the server's order counts";
}

TEST_F(WebServerTlsTest, SpeaksOldTlsWhereThatIsWanted) {
  Start("  min_version: TLS10\n");
  EXPECT_TRUE(IsAnswered(Get({.version = TLS1_VERSION})));
}

TEST_F(WebServerTlsTest, TakesHttp11OfferedBesideHttp2) {
  Start();
  EXPECT_EQ(Get({.alpn = "\x02h2\x08http/1.1"}).alpn, "http/1.1");
  EXPECT_TRUE(IsAnswered(Get({.alpn = "\x08http/1.1"})));
}

TEST_F(WebServerTlsTest, TellsAClientThatSpeaksNoneOfItsProtocols) {
  Start();
  for (const char* alpn : {"\x02h2",
                           "\x08http/0.9\x0a"
                           "acme-tls/1"}) {
    const TlsExchange refused = Get({.alpn = alpn});
    EXPECT_FALSE(refused.connected) << alpn;
    EXPECT_EQ(refused.error, "tlsv1 alert no application protocol") << alpn;
  }
  EXPECT_EQ(Get({.alpn = "\x08http/1.0"}).alpn, "http/1.0");
}

TEST_F(WebServerTlsTest, TellsAPlainHttpClientItsMistake) {
  Start();
  const std::string answer = [&] {
    RawClient client = server_->Connect();
    client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    return client.ReadToEnd();
  }();
  EXPECT_TRUE(answer.starts_with("HTTP/1.0 400 Bad Request\r\n")) << answer;
}

TEST_F(WebServerTlsTest, LetsInTheCertificatesThatTheAuthTypeAllows) {
  TestAuthority stranger;
  const TlsClientOptions none;
  const TlsClientOptions ours{.certificate =
                                  authority_.Issue("DNS:prometheus")};
  const TlsClientOptions foreign{.certificate =
                                     stranger.Issue("DNS:prometheus")};
  const TlsClientOptions expired{.certificate =
                                     authority_.Issue("DNS:prometheus", -1h)};
  const struct {
    const char* type;
    bool none, ours, foreign, expired;
  } kCases[] = {
      {"NoClientCert", true, true, true, true},
      {"RequestClientCert", true, true, true, true},
      {"RequireAnyClientCert", false, true, true, true},
      {"VerifyClientCertIfGiven", true, true, false, false},
      {"RequireAndVerifyClientCert", false, true, false, false},
  };
  for (const auto& expected : kCases) {
    SCOPED_TRACE(expected.type);
    const bool asks = std::string(expected.type) != "NoClientCert";
    Start("  client_auth_type: " + std::string(expected.type) + "\n" +
          (asks ? "  client_ca_file: " + authority_.CaFile() + "\n" : ""));
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      const auto is_let_in = [&](TlsClientOptions options) {
        options.version = version;
        return IsAnswered(Get(options));
      };
      EXPECT_EQ(is_let_in(none), expected.none);
      EXPECT_EQ(is_let_in(ours), expected.ours);
      EXPECT_EQ(is_let_in(foreign), expected.foreign);
      EXPECT_EQ(is_let_in(expired), expected.expired);
    }
  }
}

TEST_F(WebServerTlsTest, LetsInTheNamesThatAreListed) {
  Start("  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: " +
        authority_.CaFile() +
        "\n  client_allowed_sans: [prometheus, 10.1.2.3, 'fd00::1', a@b.c,\n"
        "                        'spiffe://x/y']\n");
  const struct {
    const char* names;
    bool is_let_in;
  } kCases[] = {
      {"DNS:prometheus", true},       {"DNS:other,DNS:prometheus", true},
      {"IP:10.1.2.3", true},          {"IP:fd00:0:0:0:0:0:0:1", true},
      {"email:a@b.c", true},          {"URI:spiffe://x/y", true},
      {"DNS:prometheus.evil", false}, {"DNS:*", false},
      {"URI:prometheus", true},       {"IP:10.1.2.4", false},
      {"DNS:PROMETHEUS", false},
  };
  for (const auto& [names, is_let_in] : kCases) {
    EXPECT_EQ(IsAnswered(Get({.certificate = authority_.Issue(names)})),
              is_let_in)
        << names;
  }
}

TEST_F(WebServerTlsTest, TrustsAnAuthorityThatIsNoRootAndACertificateByItself) {
  TestAuthority intermediate("intermediate", authority_);
  const TlsClientOptions of_intermediate{
      .certificate = intermediate.Issue("DNS:prometheus")};
  const TlsClientOptions of_root{.certificate =
                                     authority_.Issue("DNS:prometheus")};
  const auto trust = [&](const std::string& file) {
    Start(
        "  client_auth_type: RequireAndVerifyClientCert\n"
        "  client_ca_file: " +
        file + "\n");
  };

  trust(intermediate.CaFile());
  EXPECT_TRUE(IsAnswered(Get(of_intermediate)));
  EXPECT_FALSE(IsAnswered(Get(of_root)));

  trust(of_root.certificate.cert_file);
  EXPECT_TRUE(IsAnswered(Get(of_root)));
  EXPECT_FALSE(IsAnswered(Get(of_intermediate)));
}

TEST_F(WebServerTlsTest, LetsInTheUsagesThatAreForClients) {
  Start(
      "  client_auth_type: RequireAndVerifyClientCert\n"
      "  client_ca_file: " +
      authority_.CaFile() + "\n");
  for (const auto& [usage, is_let_in] :
       {std::pair("", true), std::pair("clientAuth", true),
        std::pair("serverAuth,clientAuth", true),
        std::pair("anyExtendedKeyUsage", true),
        std::pair("serverAuth", false)}) {
    EXPECT_EQ(
        IsAnswered(Get({.certificate = authority_.Issue("DNS:a", 1h, usage)})),
        is_let_in)
        << usage;
  }
}

// Who was to be kept out must not come in because a list is empty or gone.
TEST_F(WebServerTlsTest, LetsNobodyInWhenTheListOfNamesIsEmptied) {
  const std::string verify =
      "  client_auth_type: RequireAndVerifyClientCert\n"
      "  client_ca_file: " +
      authority_.CaFile() + "\n";
  const TlsClientOptions client{.certificate =
                                    authority_.Issue("DNS:prometheus")};
  const auto write = [&](const std::string& more) {
    folder_.Write("web.yml",
                  "tls_server_config:\n  cert_file: " + own_.cert_file +
                      "\n  key_file: " + own_.key_file + "\n" + verify + more);
    std::this_thread::sleep_for(1200ms);
  };
  Start(verify + "  client_allowed_sans: [other]\n");
  ASSERT_FALSE(IsAnswered(Get(client)));

  write("");  // As if the whole authority were meant.
  EXPECT_FALSE(IsAnswered(Get(client)));
  write("  client_allowed_sans: [prometheus]\n");
  EXPECT_TRUE(IsAnswered(Get(client)));
  write("  client_allowed_sans: []\n");
  EXPECT_FALSE(IsAnswered(Get(client)));
  write("  client_allowed_sans: [prometheus]\n");
  EXPECT_TRUE(IsAnswered(Get(client)));
}

// In TLS 1.3 a client has begun to send when it is refused.
TEST_F(WebServerTlsTest, TellsARefusedClientWhy) {
  Start("  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: " +
        authority_.CaFile() + "\n");
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Get().error, "tlsv13 alert certificate required");
  }
  // OpenSSL 3.5 says ssl/tls for the sslv3 of those before it.
  const std::string old = Get({.version = TLS1_2_VERSION}).error;
  EXPECT_TRUE(old.ends_with(" alert handshake failure")) << old;
}

TEST_F(WebServerTlsTest, LogsWhyAClientWasRefusedOnceAMinute) {
  Start("  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: " +
        authority_.CaFile() + "\n");
  testing::internal::CaptureStderr();
  for (int i = 0; i < 5; ++i) Get();
  server_.reset();

  const std::string log = CapturedLog();
  EXPECT_NE(log.find("client=127.0.0.1 error=\"peer did not return a "
                     "certificate\""),
            std::string::npos)
      << log;
  EXPECT_EQ(log.find("TLS with a client failed"),
            log.rfind("TLS with a client failed"));
}

TEST_F(WebServerTlsTest, LogsWhatIsWrongWithACertificate) {
  TestAuthority stranger;
  Start(
      "  client_auth_type: RequireAndVerifyClientCert\n"
      "  client_ca_file: " +
      authority_.CaFile() + "\n");
  testing::internal::CaptureStderr();
  Get({.certificate = stranger.Issue("DNS:prometheus")});
  server_.reset();

  const std::string log = CapturedLog();
  EXPECT_NE(
      log.find("certificate verify failed: certificate signature failure"),
      std::string::npos)
      << log;
}

TEST_F(WebServerTlsTest, KeepsTheOldPairUntilBothHalvesOfANewOneAreThere) {
  Start();
  const long before = Get().serial;
  const auto overwrite = [](const std::string& to, const std::string& from) {
    std::filesystem::copy_file(
        from, to, std::filesystem::copy_options::overwrite_existing);
    std::this_thread::sleep_for(1200ms);
  };

  overwrite(own_.key_file, authority_.IssueStrayKey());
  EXPECT_EQ(Get().serial, before);
  const CertificateFiles renewed = authority_.Issue("DNS:localhost");
  overwrite(own_.key_file, renewed.key_file);
  EXPECT_EQ(Get().serial, before);
  overwrite(own_.cert_file, renewed.cert_file);
  EXPECT_GT(Get().serial, before);
}

TEST_F(WebServerTlsTest, TakesOverACertificateThatWasRenewed) {
  Start();
  const long before = Get().serial;
  const CertificateFiles renewed = authority_.Issue("DNS:localhost");

  // One after the other: for a moment the two do not belong together.
  std::filesystem::rename(renewed.cert_file, own_.cert_file);
  std::this_thread::sleep_for(700ms);
  EXPECT_EQ(Get().serial, before);
  std::filesystem::rename(renewed.key_file, own_.key_file);

  const auto start = steady_clock::now();
  while (Get().serial == before && steady_clock::now() - start < 5s) {
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(Get().serial, before + 1);
  EXPECT_TRUE(IsAnswered(Get()));
}

TEST_F(WebServerTlsTest, CutsHandshakesThatStandStillAndServesOthersMeanwhile) {
  WebServerOptions options;
  options.limits.request_time = 2s;
  Start("", options);
  std::vector<std::unique_ptr<RawClient>> crowd;
  for (int i = 0; i < 100; ++i) {
    crowd.push_back(std::make_unique<RawClient>(server_->Port()));
    crowd.back()->Send(std::string("\x16\x03\x01\x02\x00\x01", 6));
  }

  const auto start = steady_clock::now();
  EXPECT_TRUE(IsAnswered(Get()));
  EXPECT_LT(steady_clock::now() - start, options.limits.request_time);
  for (const auto& client : crowd) EXPECT_TRUE(client->ClosedByServer());
}

TEST_F(WebServerTlsTest, SurvivesGarbage) {
  Start();
  for (const std::string& bytes :
       {std::string(1000, '\xff'), std::string(1000, '\0'),
        std::string("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10),
        std::string("\x80\x2e\x01\x03\x01", 5)}) {
    RawClient client = server_->Connect();
    client.Send(bytes);
    client.EndSending();
    client.ReadToEnd();
  }
  EXPECT_TRUE(IsAnswered(Get()));
}

}  // namespace
}  // namespace exporter
