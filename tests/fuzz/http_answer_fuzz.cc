// The bytes of an answer come from the cloud, from a proxy, or from whoever is
// in their place. They reach the real fetcher over a real connection.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/clock.h"
#include "cloud/error_reply.h"
#include "modelarts/decode.h"
#include "net/curl_fetcher.h"
#include "require.h"

namespace exporter {
namespace {

constexpr std::size_t kMaxBodyBytes = 2000;
constexpr std::size_t kMaxHeaderBytes = 1000;
constexpr std::chrono::seconds kBudget(5);

// A cloud that gives every request the same bytes, and then closes. One
// connection after the other, on one thread: there are millions of them.
class ParrotCloud {
 public:
  ParrotCloud() {
    socklen_t size = sizeof(address_);
    auto* raw = reinterpret_cast<sockaddr*>(&address_);
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    Require(bind(listener_, raw, size) == 0 && listen(listener_, 64) == 0);
    Require(getsockname(listener_, raw, &size) == 0);
    thread_ = std::thread([this] { Run(); });
  }
  ~ParrotCloud() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  ParrotCloud(const ParrotCloud&) = delete;
  ParrotCloud& operator=(const ParrotCloud&) = delete;

  void Say(std::string bytes) {
    const std::lock_guard lock(mutex_);
    bytes_ = std::move(bytes);
  }
  [[nodiscard]] std::string Url() const {
    return "http://127.0.0.1:" + std::to_string(ntohs(address_.sin_port)) + "/";
  }

 private:
  void Run() {
    while (true) {
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) return;
      Answer(client);
      close(client);
    }
  }

  void Answer(int client) {
    std::string request;
    std::array<char, 4096> buffer{};
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t got = recv(client, buffer.data(), buffer.size(), 0);
      if (got <= 0) return;
      request.append(buffer.data(), static_cast<std::size_t>(got));
    }
    const std::lock_guard lock(mutex_);
    // In two pieces, as networks do it.
    const std::size_t half = bytes_.size() / 2;
    (void)send(client, bytes_.data(), half, MSG_NOSIGNAL);
    (void)send(client, bytes_.data() + half, bytes_.size() - half,
               MSG_NOSIGNAL);
  }

  const int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address_{};
  std::mutex mutex_;  // Guards bytes_.
  std::string bytes_;
  std::thread thread_;
};

Result<HttpReply> Fetch(std::string bytes) {
  static const SystemClock clock;
  static ParrotCloud cloud;
  static CurlFetcher fetcher(clock, {.max_body_bytes = kMaxBodyBytes,
                                     .max_header_bytes = kMaxHeaderBytes});
  cloud.Say(std::move(bytes));
  std::optional<Result<HttpReply>> result;
  const Deadline deadline = clock.SteadyNow() + kBudget;
  fetcher.Start({.method = "GET", .url = cloud.Url(), .deadline = deadline},
                [&](Result<HttpReply> reply, const HttpRequest&) {
                  result = std::move(reply);
                });
  while (!result && clock.SteadyNow() < deadline + kBudget) {
    fetcher.Poll(kBudget);
  }
  Require(result.has_value());
  return *std::move(result);
}

void Judge(const HttpReply& reply) {
  Require(reply.status >= 100 && reply.status <= 999);
  Require(reply.body.size() <= kMaxBodyBytes);
  std::size_t header_bytes = 0;
  for (const auto& [name, value] : reply.headers) {
    header_bytes += name.size() + value.size();
    Require(name.find('\n') == std::string::npos);
    Require(value.find('\n') == std::string::npos);
  }
  Require(header_bytes <= kMaxHeaderBytes);

  Require(IsOneLine(DecodeError(reply).message));
  (void)DecodeRetryAfter(reply, WallTime());
  (void)DecodeSyncStatus(reply.body, DurationUnit::kSeconds);
}

}  // namespace
}  // namespace exporter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using exporter::Require;
  const auto reply =
      exporter::Fetch(std::string(reinterpret_cast<const char*>(data), size));
  if (reply) {
    exporter::Judge(*reply);
    return 0;
  }
  const exporter::Error& error = reply.error();
  // The line is closed after the bytes: nothing is there to wait for.
  Require(error.kind == exporter::ErrorKind::kConnect ||
          error.kind == exporter::ErrorKind::kMalformed ||
          error.kind == exporter::ErrorKind::kTooLarge);
  Require(!error.message.empty() && exporter::IsOneLine(error.message));
  return 0;
}
