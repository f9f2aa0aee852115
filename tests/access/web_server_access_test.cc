// Passwords, headers and rates of the web configuration, on real sockets.

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <thread>
#include <vector>

#include "support/captured_log.h"
#include "support/temp_folder.h"
#include "test_server.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// "secret" for the user "u".
constexpr char kUser[] =
    "basic_auth_users:\n"
    "  u: $2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n";
constexpr char kRight[] = "Basic dTpzZWNyZXQ=";
constexpr char kWrong[] = "Basic dTp3cm9uZw==";

// Each a wrong password of its own for the user "v".
std::vector<RawClient> Flood(const TestServer& server) {
  std::vector<RawClient> flood;
  for (int i = 0; i < 100; ++i) {
    // Three digits are four letters: "v:w" and the number.
    std::string text = "v:w" + std::to_string(100 + i);
    std::array<unsigned char, 16> base64{};
    EVP_EncodeBlock(base64.data(),
                    reinterpret_cast<const unsigned char*>(text.data()),
                    static_cast<int>(text.size()));
    flood.push_back(server.Connect());
    flood.back().Send("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic " +
                      std::string(base64.begin(), base64.begin() + 8) +
                      "\r\n\r\n");
  }
  return flood;
}

std::vector<Route> Routes() {
  Route health = PlainRoute("/-/healthy");
  health.open = true;
  return {PlainRoute("/"), health};
}

std::string AsHeader(const std::string& authorization) {
  return "Authorization: " + authorization + "\r\n";
}

int StatusOf(const TestServer& server, const std::string& target,
             const std::string& authorization = "") {
  if (authorization.empty()) return server.Get(target).status;
  return server.Get(target, {{"Authorization", authorization}}).status;
}

TEST(WebServerAccessTest, AsksForThePasswordEverywhereButForHealth) {
  const TempFolder folder;
  TestServer server(Routes(), folder.Write("web.yml", kUser));

  EXPECT_EQ(StatusOf(server, "/", kRight), 200);
  EXPECT_EQ(StatusOf(server, "/"), 401);
  EXPECT_EQ(StatusOf(server, "/", kWrong), 401);
  EXPECT_EQ(StatusOf(server, "/", "Bearer x"), 401);
  EXPECT_EQ(StatusOf(server, "/none"), 401);
  EXPECT_EQ(StatusOf(server, "/none", kRight), 404);
  EXPECT_EQ(StatusOf(server, "/-/healthy"), 200);
  EXPECT_EQ(server.Get("/").Header("WWW-Authenticate"),
            "Basic realm=\"modelarts_exporter\", charset=\"UTF-8\"");
}

TEST(WebServerAccessTest, GoesOnWithTheConnectionAfterARefusal) {
  const TempFolder folder;
  TestServer server(Routes(), folder.Write("web.yml", kUser));
  RawClient client = server.Connect();

  EXPECT_EQ(client.Get("/").status, 401);
  EXPECT_EQ(client.Get("/", AsHeader(kWrong)).status, 401);
  EXPECT_EQ(client.Get("/", AsHeader(kRight)).status, 200);
}

TEST(WebServerAccessTest, AFloodOfWrongPasswordsHoldsUpNobodyWhoIsKnown) {
  const TempFolder folder;
  // Of cost 12, a quarter of a second for each of v's passwords.
  TestServer server(
      Routes(),
      folder.Write("web.yml", std::string(kUser) +
                                  "  v: $2b$12$abcdefghijklmnopqrstuu"
                                  "2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n"));
  ASSERT_EQ(StatusOf(server, "/", kRight), 200);
  std::vector<RawClient> flood = Flood(server);

  const auto start = steady_clock::now();
  EXPECT_EQ(StatusOf(server, "/", kRight), 200);
  EXPECT_EQ(StatusOf(server, "/-/healthy"), 200);
  // Behind the flood it would take 25 s.
  EXPECT_LT(steady_clock::now() - start, 2s);
}

TEST(WebServerAccessTest, AFloodFromOneAddressLeavesRoomForLoginsFromOthers) {
  const TempFolder folder;
  // Of cost 10, the better part of a tenth of a second for each password.
  TestServer server(
      Routes(),
      folder.Write("web.yml", std::string(kUser) +
                                  "  v: $2b$10$abcdefghijklmnopqrstuu"
                                  "2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n"));
  std::vector<RawClient> flood = Flood(server);
  EXPECT_EQ(flood.back().Receive().Header("Retry-After"), "1");

  RawClient honest(server.Port(), 0, 2);
  EXPECT_EQ(honest.Get("/", AsHeader(kRight)).status, 200);
}

TEST(WebServerAccessTest, LetsInACrowdWithTheRightPasswordAtOnce) {
  const TempFolder folder;
  // Of cost 10: the others come while the first is being verified.
  TestServer server(Routes(),
                    folder.Write("web.yml",
                                 "basic_auth_users:\n"
                                 "  u: $2b$10$abcdefghijklmnopqrstuu"
                                 "qflPDzB6gcMhKa1rZqKiun2YGL5sa2u\n"));
  std::vector<RawClient> crowd;
  for (int i = 0; i < 20; ++i) {
    crowd.push_back(server.Connect());
    crowd.back().Send("GET / HTTP/1.1\r\nHost: x\r\n" + AsHeader(kRight) +
                      "\r\n");
  }

  for (RawClient& client : crowd) EXPECT_EQ(client.Receive().status, 200);
}

TEST(WebServerAccessTest, AddsTheHeadersToEveryAnswer) {
  const TempFolder folder;
  TestServer server(Routes(),
                    folder.Write("web.yml",
                                 "http_server_config:\n"
                                 "  headers: {X-Frame-Options: deny}\n"));
  for (const char* target : {"/", "/none", "/%00"}) {
    EXPECT_EQ(server.Get(target).Header("X-Frame-Options"), "deny");
  }
}

TEST(WebServerAccessTest, LeavesTheHandlersOwnHeaderAlone) {
  Route route = PlainRoute();
  route.handle = [](const ServeRequest&) {
    ServeResponse response;
    response.headers.emplace_back("x-frame-options", "sameorigin");
    return response;
  };
  const TempFolder folder;
  TestServer server({route},
                    folder.Write("web.yml",
                                 "http_server_config:\n"
                                 "  headers: {X-Frame-Options: deny}\n"));
  const HttpAnswer response = server.Get("/");
  EXPECT_EQ(response.Header("x-frame-options"), "sameorigin");
  EXPECT_EQ(response.Header("X-Frame-Options"), "(none)");
}

TEST(WebServerAccessTest, LetsTheOperatorSayWhoMayFrameAPageWithAPolicy) {
  Route page = PlainRoute("/page");
  page.handle = [](const ServeRequest&) {
    ServeResponse response;
    response.headers.emplace_back("Content-Security-Policy",
                                  "default-src 'none'; frame-ancestors 'none'");
    return response;
  };
  const TempFolder folder;
  TestServer server(
      {page, PlainRoute("/")},
      folder.Write("web.yml",
                   "http_server_config:\n"
                   "  headers:\n"
                   "    Content-Security-Policy: default-src 'self'; "
                   "frame-ancestors https://grafana.example\n"));
  EXPECT_EQ(server.Get("/").Header("Content-Security-Policy"),
            "default-src 'self'; frame-ancestors https://grafana.example");
  EXPECT_EQ(server.Get("/page").Header("Content-Security-Policy"),
            "default-src 'none', frame-ancestors https://grafana.example");
}

TEST(WebServerAccessTest, LimitsTheRateOfAllButHealth) {
  const TempFolder folder;
  TestServer server(Routes(), folder.Write("web.yml",
                                           "rate_limit:\n"
                                           "  interval: 1h\n"
                                           "  burst: 2\n"));
  EXPECT_EQ(StatusOf(server, "/"), 200);
  EXPECT_EQ(StatusOf(server, "/"), 200);
  EXPECT_EQ(StatusOf(server, "/"), 429);
  EXPECT_EQ(StatusOf(server, "/-/healthy"), 200);
}

TEST(WebServerAccessTest, TakesOverUsersWhenTheFileChanges) {
  const TempFolder folder;
  TestServer server(Routes(), folder.Write("web.yml", kUser));
  ASSERT_EQ(StatusOf(server, "/", kRight), 200);

  std::string renamed = kUser;
  renamed.replace(renamed.find("  u:"), 4, "  v:");
  folder.Write("new.yml", renamed);
  std::filesystem::rename(folder.path() + "/new.yml",
                          folder.path() + "/web.yml");

  const auto start = steady_clock::now();
  while (StatusOf(server, "/", kRight) == 200 &&
         steady_clock::now() - start < 5s) {
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(StatusOf(server, "/", kRight), 401);
  EXPECT_EQ(StatusOf(server, "/", "Basic djpzZWNyZXQ="), 200);
}

// As a file that is caught while it is written looks.
TEST(WebServerAccessTest, KeepsAskingForPasswordsWhenTheFileHasNoneAnyMore) {
  const TempFolder folder;
  TestServer server(Routes(), folder.Write("web.yml", kUser));

  for (const char* text : {"", "basic_auth_users:\n", "# none\n"}) {
    folder.Write("web.yml", text);
    std::this_thread::sleep_for(1200ms);

    EXPECT_EQ(StatusOf(server, "/"), 401) << text;
    EXPECT_EQ(StatusOf(server, "/", kRight), 200) << text;
  }
}

TEST(WebServerAccessTest, GoesOnWithTheOldFileWhenTheNewOneIsFaulty) {
  const TempFolder folder;
  TestServer server(Routes(), folder.Write("web.yml", kUser));

  folder.Write("web.yml", "basic_auth_users: {u: secret}\n");
  std::this_thread::sleep_for(1200ms);

  EXPECT_EQ(StatusOf(server, "/"), 401);
  EXPECT_EQ(StatusOf(server, "/", kRight), 200);
}

TEST(WebServerAccessTest, DoesNotStartWithAFaultyFileAndLogsEachOfItsFaults) {
  const TempFolder folder;
  prometheus::Registry registry;
  const std::string file = folder.Write("web.yml", "users: {}\nrate: {}\n");
  WebServer server({.addresses = {{"127.0.0.1", 0}}, .web_config_file = file},
                   {}, registry);

  testing::internal::CaptureStderr();
  const auto started = server.Start();
  const std::string log = CapturedLog();

  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message, "the web configuration is faulty");
  for (const char* fault :
       {":1:1: unknown key 'users'", ":2:1: unknown key 'rate'"}) {
    EXPECT_NE(
        log.find("msg=\"web configuration refused\" fault=\"" + file + fault),
        std::string::npos)
        << log;
  }
}

}  // namespace
}  // namespace exporter
