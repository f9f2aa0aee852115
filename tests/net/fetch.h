#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "net/curl_fetcher.h"

namespace exporter {

// A fetcher, and the loop that a test needs around it.
class FetchTest : public testing::Test {
 protected:
  static HttpRequest Get(std::string url, std::chrono::milliseconds budget =
                                              std::chrono::seconds(20)) {
    return {.method = "GET",
            .url = std::move(url),
            .deadline = SystemClock().SteadyNow() + budget};
  }

  static HttpRequest Get(std::string url, Transport transport) {
    HttpRequest request = Get(std::move(url));
    request.transport = std::make_shared<const Transport>(std::move(transport));
    return request;
  }

  // Carries `request` to its end, and everything else that was started.
  Result<HttpReply> Fetch(HttpRequest request) {
    return Fetch(fetcher_, std::move(request));
  }

  static Result<HttpReply> Fetch(CurlFetcher& fetcher, HttpRequest request) {
    std::optional<Result<HttpReply>> result;
    fetcher.Start(std::move(request),
                  [&](Result<HttpReply> reply, const HttpRequest&) {
                    result = std::move(reply);
                  });
    const Deadline give_up =
        SystemClock().SteadyNow() + std::chrono::seconds(30);
    while (!result && SystemClock().SteadyNow() < give_up) {
      fetcher.Poll(std::chrono::seconds(1));
    }
    if (!result) return Fail(ErrorKind::kConfig, "it never ended");
    return std::move(*result);
  }

  SystemClock clock_;
  CurlFetcher fetcher_{clock_, {.user_agent = "test/1"}};
};

// "timeout: deadline passed", to compare and to show.
inline std::string Outcome(const Result<HttpReply>& result) {
  if (result) return "status " + std::to_string(result->status);
  return std::string(ToLabel(result.error().kind)) + ": " +
         result.error().message;
}

// The head of a request has the header, and only once.
MATCHER_P2(HasHeader, name, value, "") {
  const std::string begin = "\r\n" + std::string(name) + ": ";
  const std::size_t at = arg.find(begin);
  return at != std::string::npos &&
         arg.find(begin, at + 1) == std::string::npos &&
         arg.substr(at).starts_with(begin + value + "\r\n");
}

}  // namespace exporter
