#include "http/request_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace exporter {
namespace {

// 200 for a whole request, its status for a bad one, 0 while it is not whole.
int StatusOf(const std::string& bytes, const RequestLimits& limits = {}) {
  RequestReader reader(limits);
  reader.Append(bytes);
  const std::optional<ReadRequest> read = reader.Next();
  if (!read) return 0;
  const auto* bad = std::get_if<BadRequest>(&*read);
  return bad ? bad->status : 200;
}

ServeRequest MustRead(const std::string& bytes) {
  RequestReader reader(RequestLimits{});
  reader.Append(bytes);
  auto read = reader.Next();
  EXPECT_TRUE(read && std::holds_alternative<WholeRequest>(*read)) << bytes;
  return read ? std::get<WholeRequest>(*read).request : ServeRequest{};
}

std::string Get(const std::string& headers) {
  return "GET / HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
}

TEST(RequestReaderTest, SeesAParameterThatIsGivenTwice) {
  const auto repeated = [](const std::string& query) {
    const ServeRequest request =
        MustRead("GET /?" + query + " HTTP/1.1\r\nHost: x\r\n\r\n");
    return std::string(request.RepeatedParameter().value_or("none"));
  };
  EXPECT_EQ(repeated("a=1&b=1&A=1&=1"), "none");
  EXPECT_EQ(repeated("a=1&b=1&a=1"), "a");
  EXPECT_EQ(repeated("a=1&%61"), "a");
}

TEST(RequestReaderTest, ReadsMethodPathQueryAndHeaders) {
  const ServeRequest request = MustRead(
      "GET /probe?project_id=a%20b&dataset_id=c+d&flag HTTP/1.1\r\n"
      "Host: example\r\n"
      "Accept: a\r\n"
      "ACCEPT:  b \r\n"
      "\r\n");

  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/probe");
  EXPECT_EQ(request.Parameter("project_id"), "a b");
  EXPECT_EQ(request.Parameter("dataset_id"), "c d");
  EXPECT_EQ(request.Parameter("flag"), "");
  EXPECT_EQ(request.Header("accept"), "a, b");
  EXPECT_EQ(request.Header("Missing"), "");
}

TEST(RequestReaderTest, KeepsTheBody) {
  EXPECT_EQ(MustRead("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n"
                     "abcGET")
                .body,
            "abc");
}

TEST(RequestReaderTest, LeavesTargetsAloneWhereTheyAreToBeRaw) {
  constexpr char kOdd[] = "GET /a%2Fb/../?c HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_EQ(StatusOf(kOdd), 400);

  RequestReader reader({.raw_targets = true});
  reader.Append(kOdd);
  const auto read = reader.Next();

  EXPECT_EQ(std::get<WholeRequest>(read.value()).request.target,
            "/a%2Fb/../?c");
}

TEST(RequestReaderTest, ReadsARequestThatComesByteByByte) {
  const std::string bytes =
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  RequestReader reader(RequestLimits{});

  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    reader.Append(bytes.substr(i, 1));
    ASSERT_FALSE(reader.Next()) << i;
  }
  reader.Append("c");

  EXPECT_TRUE(reader.Next());
  EXPECT_TRUE(reader.Empty());
}

TEST(RequestReaderTest, KeepsWhatFollowsForTheNextRequest) {
  RequestReader reader(RequestLimits{});
  reader.Append("POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab" +
                std::string("\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\nGET"));

  EXPECT_EQ(std::get<WholeRequest>(*reader.Next()).request.path, "/1");
  EXPECT_EQ(std::get<WholeRequest>(*reader.Next()).request.path, "/2");
  EXPECT_FALSE(reader.Next());
  EXPECT_FALSE(reader.Empty());
}

TEST(RequestReaderTest, KnowsWhetherTheClientWantsToGoOn) {
  const struct {
    const char* bytes;
    bool keep_alive;
  } kCases[] = {
      {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", true},
      {"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false},
      {"GET / HTTP/1.1\r\nHost: x\r\nConnection: te, Close\r\n\r\n", false},
      {"GET / HTTP/1.0\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false},
  };
  for (const auto& [bytes, keep_alive] : kCases) {
    RequestReader reader(RequestLimits{});
    reader.Append(bytes);
    EXPECT_EQ(std::get<WholeRequest>(*reader.Next()).keep_alive, keep_alive)
        << bytes;
  }
}

TEST(RequestReaderTest, TakesOddButHonestRequests) {
  for (const std::string& bytes : {
           std::string("GET / HTTP/1.0\r\n\r\n"),
           std::string("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"),
           std::string(
               "GET http://any.host:1/metrics HTTP/1.1\r\nHost: y\r\n\r\n"),
           Get("Empty:\r\n"),
           Get("Latin: caf\xe9\r\n"),
           Get("Content-Length: 0\r\n"),
           Get("Content-Length: 3\r\n") + "abc",
       }) {
    EXPECT_EQ(StatusOf(bytes), 200) << bytes;
  }
}

TEST(RequestReaderTest, RefusesWhatIsNotHttp) {
  const struct {
    std::string bytes;
    int status;
  } kCases[] = {
      {"\x16\x03\x01", 400},  // TLS.
      {"GET /\r\n", 0},
      {"GET /\r\n\r\n", 400},
      {"GET\r\n\r\n", 400},
      {"\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: x\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\n\r\n", 400},
      {"G@T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET  HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET / / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
      {"GET / FTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"PRI * HTTP/2.0\r\n\r\n", 505},
      {"GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"CONNECT host:443 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400},
      {Get("No-Colon\r\n"), 400},
      {Get("Space : x\r\n"), 400},
      {Get(": x\r\n"), 400},
      {Get("Folded: a\r\n b\r\n"), 400},
      {Get("Bare: a\rb\r\n"), 400},
      {Get(std::string("Nul: a\0b\r\n", 10)), 400},
      {Get("Content-Length: 1\r\nContent-Length: 1\r\n"), 400},
      {Get("Content-Length: -1\r\n"), 400},
      {Get("Content-Length: +1\r\n"), 400},
      {Get("Content-Length: 0x1\r\n"), 400},
      {Get("Content-Length:\r\n"), 400},
      {Get("Content-Length: 99999999999999999999999\r\n"), 413},
      {Get("Transfer-Encoding: chunked\r\n"), 411},
      {Get("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"), 400},
      {Get("Expect: 100-continue\r\nContent-Length: 1\r\n"), 417},
  };
  for (const auto& [bytes, status] : kCases) {
    EXPECT_EQ(StatusOf(bytes), status) << bytes;
  }
}

TEST(RequestReaderTest, RefusesWhatIsTooLarge) {
  const auto line = [](std::size_t size) {
    return "GET /" + std::string(size - 14, 'a') + " HTTP/1.1\r\n";
  };
  const auto headers = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "A: b\r\n";
    return text;
  };
  RequestLimits limits;
  limits.request_line_bytes = 100;
  limits.head_bytes = 1000;
  limits.headers = 10;
  limits.body_bytes = 50;
  const struct {
    std::string bytes;
    int status;
  } kCases[] = {
      {line(99) + "Host: x\r\n\r\n", 200},
      {line(102), 414},
      {"GET /" + std::string(100, 'a'), 414},  // Before its end is seen.
      {Get("A: " + std::string(900, 'a') + "\r\n"), 200},
      {Get("A: " + std::string(1000, 'a') + "\r\n"), 431},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(1000, 'a'), 431},
      {Get(headers(9)), 200},
      {Get(headers(10)), 431},
      {Get("Content-Length: 50\r\n"), 0},
      {Get("Content-Length: 51\r\n"), 413},
  };
  for (const auto& [bytes, status] : kCases) {
    EXPECT_EQ(StatusOf(bytes, limits), status) << bytes;
  }
}

TEST(RequestReaderTest, HoldsNoMoreThanItsLimits) {
  RequestReader reader(RequestLimits{});
  std::size_t sent = 0;

  reader.Append("GET / HTTP/1.1\r\n");
  while (!reader.Next()) {
    reader.Append("A: " + std::string(1000, 'a') + "\r\n");
    sent += 1000;
    ASSERT_LT(sent, 70'000U);
  }
}

TEST(ParseTargetTest, DecodesOnce) {
  EXPECT_EQ(ParseTarget("/a%20b")->path, "/a b");
  EXPECT_EQ(ParseTarget("/%2541")->path, "/%41");
  EXPECT_EQ(ParseTarget("/%6detrics")->path, "/metrics");
  EXPECT_EQ(ParseTarget("/a+b")->path, "/a+b");
  EXPECT_EQ(ParseTarget("/a...b/..c")->path, "/a...b/..c");
  EXPECT_EQ(ParseTarget("/?a=%26&&b==")->query,
            (std::vector<std::pair<std::string, std::string>>{{"a", "&"},
                                                              {"b", "="}}));
  EXPECT_EQ(ParseTarget("HTTP://host")->path, "/");
  EXPECT_EQ(ParseTarget("http://host:1/a?b=c")->path, "/a");
}

TEST(ParseTargetTest, RefusesDisguises) {
  for (const char* target : {"",
                             "metrics",
                             "*",
                             "/%",
                             "/%4",
                             "/%zz",
                             "/%00",
                             "/%0a",
                             "/%7f",
                             "/a%2fb",
                             "/%2Fmetrics",
                             "/..",
                             "/../etc/passwd",
                             "/a/../b",
                             "/a/%2e%2e/b",
                             "/.",
                             "/a/./b",
                             "/#x",
                             "/a b",
                             "/caf\xc3\xa9",
                             "/?a=%",
                             "/?a=%00",
                             "/?%zz=1",
                             "http://host?a=b",
                             "ftp://host/"}) {
    EXPECT_FALSE(ParseTarget(target)) << target;
  }
}

}  // namespace
}  // namespace exporter
