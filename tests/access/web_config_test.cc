#include "access/web_config.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <filesystem>

#include "support/certificates.h"
#include "support/temp_folder.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr char kHash[] =
    "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";

// A folder with server.crt, server.key, another.key, ca.crt and an empty.pem.
class WebConfigTest : public testing::Test {
 protected:
  WebConfigTest() {
    const CertificateFiles server = authority_.Issue("DNS:localhost");
    const CertificateFiles another = authority_.Issue("DNS:localhost");
    Copy(server.cert_file, "server.crt");
    Copy(server.key_file, "server.key");
    Copy(another.key_file, "another.key");
    Copy(authority_.IssueStrayKey(), "rsa.key");
    Copy(authority_.CaFile(), "ca.crt");
    folder_.Write("empty.pem", "");
  }

  WebConfigReport Load(const std::string& text) {
    return LoadWebConfig(folder_.Write("web.yml", text));
  }

  // The faults of `text` without the file's name, one a line.
  std::string Faults(const std::string& text) {
    return Join(Load(text).faults);
  }

  static std::string Join(const std::vector<Fault>& faults) {
    std::string all;
    for (Fault fault : faults) {
      fault.file = "";
      all += ToString(fault).substr(1) + "\n";
    }
    return all;
  }

  TestAuthority authority_;
  TempFolder folder_;

 private:
  void Copy(const std::string& from, const std::string& to) {
    std::filesystem::copy_file(from, folder_.path() + "/" + to);
  }
};

constexpr char kTls[] =
    "tls_server_config:\n"
    "  cert_file: server.crt\n"
    "  key_file: server.key\n";

TEST_F(WebConfigTest, TakesAnEmptyFileForNoWishes) {
  for (const char* text : {"", "# nothing\n", "{}", "tls_server_config:\n"}) {
    const WebConfigReport report = Load(text);
    EXPECT_EQ(Join(report.faults), "") << text;
    EXPECT_EQ(report.config, WebConfig{}) << text;
  }
}

TEST_F(WebConfigTest, ReadsEverything) {
  const WebConfigReport report = Load(std::string(kTls) +
                                      R"(  client_ca_file: ca.crt
  client_auth_type: RequireAndVerifyClientCert
  client_allowed_sans: [prometheus, 10.0.0.1]
  min_version: TLS13
  max_version: TLS13
  cipher_suites:
    - TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    - TLS_AES_128_GCM_SHA256
    - TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
  prefer_server_cipher_suites: false
  curve_preferences: [CurveP256, X25519]
http_server_config:
  http2: false
  headers:
    Strict-Transport-Security: max-age=31536000
    X-Frame-Options: deny
    X-XSS-Protection: ""
basic_auth_users:
  prometheus: )" + std::string(kHash) +
                                      R"(
rate_limit:
  interval: 100ms
  burst: 20
)");

  ASSERT_EQ(Join(report.faults), "");
  EXPECT_EQ(Join(report.warnings), "");
  const WebConfig& config = report.config;
  ASSERT_TRUE(config.tls);
  EXPECT_TRUE(config.tls->certificates.starts_with("-----BEGIN CERT"));
  EXPECT_TRUE(config.tls->key.Reveal().starts_with("-----BEGIN"));
  EXPECT_EQ(config.tls->client_auth, ClientAuth::kRequireAndVerify);
  EXPECT_EQ(config.tls->client_allowed_sans,
            (std::vector<std::string>{"prometheus", "10.0.0.1"}));
  EXPECT_EQ(config.tls->min_version, TLS1_3_VERSION);
  EXPECT_EQ(config.tls->ciphers,
            "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305");
  EXPECT_EQ(config.tls->groups, "P-256:X25519");
  EXPECT_FALSE(config.tls->prefer_server_ciphers);
  EXPECT_EQ(config.headers,
            (std::vector<std::pair<std::string, std::string>>{
                {"Strict-Transport-Security", "max-age=31536000"},
                {"X-Frame-Options", "deny"}}));
  EXPECT_EQ(config.users.at("prometheus").Reveal(), kHash);
  ASSERT_TRUE(config.rate_limit);
  EXPECT_EQ(config.rate_limit->per, 100ms);
  EXPECT_EQ(config.rate_limit->burst, 20);
}

TEST_F(WebConfigTest, HasTheDefaultsOfTheToolkit) {
  const WebConfigReport report = Load(kTls);

  ASSERT_EQ(Join(report.faults), "");
  EXPECT_EQ(report.config.tls->client_auth, ClientAuth::kNone);
  EXPECT_EQ(report.config.tls->min_version, TLS1_2_VERSION);
  EXPECT_EQ(report.config.tls->max_version, TLS1_3_VERSION);
  EXPECT_TRUE(report.config.tls->prefer_server_ciphers);
}

TEST_F(WebConfigTest, TakesWhatIsEmptyForUnset) {
  const WebConfigReport report = Load(std::string(kTls) +
                                      R"(  cert: ""
  key: ""
  client_ca: ""
  client_ca_file: ""
  client_auth_type: ""
  min_version: ""
  max_version: ''
  cipher_suites: []
  curve_preferences: []
)");

  EXPECT_EQ(Join(report.faults), "");
  EXPECT_EQ(report.config, Load(kTls).config);
}

TEST_F(WebConfigTest, SpeaksPlainHttpWithoutCertificateKeyAndClients) {
  for (const char* text :
       {"tls_server_config: {}\n",
        "tls_server_config: {cert_file: '', key_file: '', client_ca_file: '', "
        "client_auth_type: ''}\n",
        "tls_server_config: {min_version: TLS13, cipher_suites: []}\n"}) {
    const WebConfigReport report = Load(text);
    EXPECT_EQ(Join(report.faults), "") << text;
    EXPECT_EQ(report.config, WebConfig{}) << text;
    EXPECT_EQ(Join(report.warnings),
              "1:20: tls_server_config: names no certificate; plain HTTP is "
              "spoken\n")
        << text;
  }
}

TEST_F(WebConfigTest, TakesPemThatIsWrittenInTheFile) {
  const auto indented = [&](const std::string& file) {
    std::ifstream in(folder_.path() + "/" + file);
    std::string text;
    for (std::string line; std::getline(in, line);)
      text += "    " + line + "\n";
    return text;
  };
  EXPECT_EQ(Faults("tls_server_config:\n  cert: |\n" + indented("server.crt") +
                   "  key: |\n" + indented("server.key")),
            "");
}

TEST_F(WebConfigTest, TakesEveryNameOfGo) {
  std::string text = std::string(kTls) + "  cipher_suites:\n";
  for (const char* name :
       {"TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_256_CBC_SHA",
        "TLS_RSA_WITH_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
        "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
        "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"}) {
    text += "    - " + std::string(name) + "\n";
    EXPECT_EQ(Faults(std::string(kTls) + "  cipher_suites: [" + name + "]\n"),
              "")
        << name;
  }
  text += "  curve_preferences: [CurveP256, CurveP384, CurveP521, X25519]\n";
  EXPECT_EQ(Faults(text), "");
}

TEST_F(WebConfigTest, TakesACurveThatIsNamedTwice) {
  const WebConfigReport report = Load(
      std::string(kTls) + "  curve_preferences: [X25519, CurveP256, X25519]\n");

  EXPECT_EQ(Join(report.faults), "");
  EXPECT_EQ(report.config.tls->groups, "X25519:P-256");
}

TEST_F(WebConfigTest, TakesABurstAsLargeAsTheToolkitsNumbers) {
  const WebConfigReport report =
      Load("rate_limit: {interval: 1us, burst: 2147483647}\n");

  EXPECT_EQ(Join(report.faults), "");
  EXPECT_EQ(report.config.rate_limit->burst, 2'147'483'647);
}

TEST_F(WebConfigTest, SpeaksNothingBelowTls13WithSuitesOfTls13Alone) {
  const WebConfigReport report =
      Load(std::string(kTls) + "  cipher_suites: [TLS_AES_128_GCM_SHA256]\n");

  EXPECT_EQ(report.config.tls->min_version, TLS1_3_VERSION);
}

TEST_F(WebConfigTest, NamesEveryFaultWithItsPlace) {
  const struct {
    std::string text;
    std::string faults;
  } kCases[] = {
      {"tls_server_confg: {}\n",
       "1:1: unknown key 'tls_server_confg'; known are tls_server_config, "
       "http_server_config, basic_auth_users, rate_limit\n"},
      {"- a\n", "1:1: must be a mapping (key: value), not a list\n"},
      {"tls_server_config:\n  client_auth_type: NoClientCert\n",
       "2:3: cert_file: is missing\n2:3: key_file: is missing\n"},
      {"tls_server_config:\n  min_version: TLS12\n  key_file: server.key\n",
       "2:3: cert_file: is missing\n"},
      {"tls_server_config:\n  cert_file: ''\n  key_file: server.key\n",
       "2:3: cert_file: is missing\n"},
      {"tls_server_config:\n  min_version: TLS14\n  nonsense: ''\n",
       "2:16: min_version: must be one of TLS10, TLS11, TLS12, TLS13\n"
       "3:3: unknown key 'nonsense' in 'tls_server_config'; known are cert, "
       "key, client_ca, cert_file, key_file, client_ca_file, client_auth_type, "
       "client_allowed_sans, min_version, max_version, cipher_suites, "
       "prefer_server_cipher_suites, curve_preferences\n"},
      {"tls_server_config:\n  cert_file: no\n  key_file: .\n",
       "2:14: cert_file: 'no' cannot be read: No such file or directory\n"
       "3:13: key_file: '.' cannot be read: Is a directory\n"},
      {"tls_server_config:\n  cert_file: empty.pem\n  key_file: empty.pem\n",
       "2:14: cert_file: holds no PEM certificate\n"
       "3:13: key_file: holds no PEM key without passphrase\n"},
      {"tls_server_config:\n  cert_file: server.crt\n  key_file: another.key\n",
       "3:13: key_file: does not belong to the certificate\n"},
      {"tls_server_config:\n  cert_file: server.crt\n  cert: x\n"
       "  key_file: server.key\n",
       "2:14: cert_file: 'cert' is given as well\n"},
      {std::string(kTls) + "  client_auth_type: Maybe\n",
       "4:21: client_auth_type: must be one of NoClientCert, "
       "RequestClientCert, RequireAnyClientCert, RequireClientCert, "
       "VerifyClientCertIfGiven, RequireAndVerifyClientCert, not 'Maybe'\n"},
      {std::string(kTls) + "  client_ca_file: ca.crt\n",
       "4:19: client_ca_file: needs a client_auth_type that asks for "
       "certificates\n"},
      {std::string(kTls) + "  client_auth_type: RequireAndVerifyClientCert\n"
                           "  client_ca_file: empty.pem\n",
       "5:19: client_ca_file: holds no PEM certificate\n"},
      {std::string(kTls) + "  client_auth_type: VerifyClientCertIfGiven\n"
                           "  client_ca_file: ca.crt\n"
                           "  client_allowed_sans: [a]\n",
       "6:24: client_allowed_sans: needs client_auth_type "
       "RequireAnyClientCert or RequireAndVerifyClientCert\n"},
      {std::string(kTls) + "  client_auth_type: RequireAndVerifyClientCert\n"
                           "  client_ca_file: ca.crt\n"
                           "  client_allowed_sans: []\n",
       "6:24: client_allowed_sans: is empty: nobody would be let in; leave it "
       "out to let in whoever has a certificate\n"},
      {"tls_server_config:\n  cert_file: server.crt\n"
       "  key_file: rsa.key\n",
       "3:13: key_file: does not belong to the certificate\n"},
      {std::string(kTls) + "  min_version: TLS14\n  max_version: 1.2\n",
       "4:16: min_version: must be one of TLS10, TLS11, TLS12, TLS13\n"
       "5:16: max_version: must be one of TLS10, TLS11, TLS12, TLS13\n"},
      {std::string(kTls) + "  min_version: TLS13\n  max_version: TLS12\n",
       "4:16: min_version: is above max_version\n"},
      {std::string(kTls) + "  max_version: TLS11\n",
       "4:16: max_version: is below min_version, which is TLS12 unless "
       "given\n"},
      {std::string(kTls) + "  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]\n",
       "4:19: cipher_suites: unknown cipher suite "
       "'TLS_RSA_WITH_RC4_128_SHA'\n"},
      {std::string(kTls) + "  max_version: TLS12\n"
                           "  cipher_suites: [TLS_AES_128_GCM_SHA256]\n",
       "5:18: cipher_suites: has none for TLS 1.2\n"},
      {std::string(kTls) + "  curve_preferences: [CurveP128]\n",
       "4:23: curve_preferences: unknown curve 'CurveP128'\n"},
      {std::string(kTls) + "  prefer_server_cipher_suites: 1\n",
       "4:32: prefer_server_cipher_suites: must be true or false, without "
       "quotes\n"},
      {"http_server_config:\n  http2: false\n  headers:\n    Server: x\n"
       "    X-Frame-Options: no\n    X-Content-Type-Options: sniff\n",
       "4:5: unknown key 'Server' in 'headers'; known are "
       "Content-Security-Policy, Strict-Transport-Security, "
       "X-Content-Type-Options, X-Frame-Options, X-XSS-Protection\n"
       "5:22: X-Frame-Options: must be deny or sameorigin\n"
       "6:29: X-Content-Type-Options: must be nosniff\n"},
      {"http_server_config:\n  headers:\n"
       "    Content-Security-Policy: \"a\\nSet-Cookie: b\"\n",
       "3:30: Content-Security-Policy: must not contain line breaks or other "
       "control characters\n"},
      {"basic_auth_users:\n  alice: secret\n  'b:c': " + std::string(kHash) +
           "\n  d: [x]\n",
       "2:10: basic_auth_users: the password of 'alice' must be a bcrypt hash "
       "($2a$, $2b$ or $2y$)\n"
       "3:3: basic_auth_users: a name with a colon cannot log in\n"
       "4:6: basic_auth_users: the password of 'd' must be a bcrypt hash "
       "($2a$, $2b$ or $2y$)\n"},
      {"basic_auth_users: [alice]\n",
       "1:19: basic_auth_users: must be a mapping (user: hash)\n"},
      {"rate_limit: {interval: fast, burst: -1}\n",
       "1:24: interval: must be a duration such as 1s or 100ms\n"
       "1:37: burst: must be a whole number from 0 to 2147483647\n"},
      {"rate_limit: {interval: 1s}\n",
       "1:13: burst: must be at least 1, or nothing is answered\n"},
      {"rate_limit: {interval: 8760h, burst: 101}\n",
       "1:38: burst: takes more than a hundred years to fill up\n"},
  };
  for (const auto& [text, faults] : kCases) {
    EXPECT_EQ(Faults(text), faults) << text;
  }
}

TEST_F(WebConfigTest, SaysThatBrokenYamlIsNone) {
  for (const char* text : {"a: [\n", "\t- a", "a: *b\n", "a: 1\n---\nb: 1\n"}) {
    EXPECT_EQ(Load(text).faults.size(), 1U) << text;
  }
}

TEST_F(WebConfigTest, SaysWhenTheFileCannotBeRead) {
  const WebConfigReport report = LoadWebConfig(folder_.path() + "/none.yml");

  ASSERT_EQ(report.faults.size(), 1U);
  EXPECT_EQ(ToString(report.faults.front()),
            folder_.path() +
                "/none.yml:1:1: cannot be read: No such file or directory");
}

TEST_F(WebConfigTest, WarnsOfWhatWorksOtherwiseThanThought) {
  const struct {
    std::string text;
    std::string warnings;
  } kCases[] = {
      {"http_server_config: {http2: true}\n",
       "1:29: http2: HTTP/1.1 is spoken here, not HTTP/2\n"},
      {std::string(kTls) + "  min_version: TLS10\n",
       "4:16: min_version: TLS before 1.2 keeps nothing secret\n"},
      {std::string(kTls) + "  client_auth_type: RequireAndVerifyClientCert\n",
       "4:21: client_auth_type: without client_ca_file, certificates of every "
       "authority that this system trusts are let in\n"},
  };
  for (const auto& [text, warnings] : kCases) {
    const WebConfigReport report = Load(text);
    EXPECT_EQ(Join(report.faults), "") << text;
    EXPECT_EQ(Join(report.warnings), warnings) << text;
  }
}

}  // namespace
}  // namespace exporter
