#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace exporter {

// A name server on port 53 of an address of this machine, that says what a test
// tells it to. For a network namespace, where nobody else is there.
class NameServer {
 public:
  using Clock = std::chrono::steady_clock;

  struct Reply {
    enum Kind { kSilence, kAddress, kNothing, kNoSuchName, kFailure };
    Kind kind = kSilence;
    std::string address;  // Of the family that was asked for.
    std::chrono::milliseconds delay{0};
  };
  // `type`: "A", "AAAA" or "" for others.
  using Script =
      std::function<Reply(const std::string& name, const std::string& type)>;

  explicit NameServer(const char* address, Script script)
      : script_(std::move(script)) {
    sockaddr_in self{};
    self.sin_family = AF_INET;
    self.sin_port = htons(53);
    inet_pton(AF_INET, address, &self.sin_addr);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&self), sizeof(self)),
              0);
    EXPECT_EQ(pipe(stop_.data()), 0);
    thread_ = std::thread([this] { Run(); });
  }
  ~NameServer() {
    close(stop_[1]);
    thread_.join();
    close(stop_[0]);
    close(socket_);
  }
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  void Follow(Script script) {
    const std::lock_guard lock(mutex_);
    script_ = std::move(script);
  }

  int Questions() {
    const std::lock_guard lock(mutex_);
    return questions_;
  }

 private:
  struct Letter {
    sockaddr_in to;
    std::string bytes;
  };

  void Run() {
    std::multimap<Clock::time_point, Letter> later;
    while (true) {
      int wait_ms = -1;
      if (!later.empty()) {
        const auto left = later.begin()->first - Clock::now();
        wait_ms = static_cast<int>(std::max<std::int64_t>(
            0, std::chrono::ceil<std::chrono::milliseconds>(left).count()));
      }
      std::array<pollfd, 2> waits = {pollfd{socket_, POLLIN, 0},
                                     pollfd{stop_[0], POLLIN, 0}};
      poll(waits.data(), waits.size(), wait_ms);
      if (waits[1].revents != 0) return;
      if (waits[0].revents != 0) Read(later);
      while (!later.empty() && later.begin()->first <= Clock::now()) {
        const Letter& letter = later.begin()->second;
        sendto(socket_, letter.bytes.data(), letter.bytes.size(), 0,
               reinterpret_cast<const sockaddr*>(&letter.to),
               sizeof(letter.to));
        later.erase(later.begin());
      }
    }
  }

  // Source: RFC 1035, section 4.1.
  void Read(std::multimap<Clock::time_point, Letter>& later) {
    std::array<char, 512> bytes{};
    sockaddr_in from{};
    socklen_t from_size = sizeof(from);
    const ssize_t size =
        recvfrom(socket_, bytes.data(), bytes.size(), 0,
                 reinterpret_cast<sockaddr*>(&from), &from_size);
    std::string name;
    std::size_t at = 12;
    while (static_cast<ssize_t>(at) < size && bytes.at(at) != 0) {
      const auto length = static_cast<std::size_t>(bytes.at(at));
      if (!name.empty()) name += '.';
      name.append(&bytes.at(at + 1), length);
      at += length + 1;
    }
    const int type = bytes.at(at + 2);
    const std::lock_guard lock(mutex_);
    ++questions_;
    const Reply reply = script_(name, type == 1    ? "A"
                                      : type == 28 ? "AAAA"
                                                   : "");
    if (reply.kind == Reply::kSilence) return;

    std::string letter(bytes.data(), at + 5);
    const std::map<Reply::Kind, char> codes = {{Reply::kNoSuchName, 3},
                                               {Reply::kFailure, 2}};
    const auto code = codes.find(reply.kind);
    letter[2] = '\x81';
    letter[3] =
        static_cast<char>(0x80 | (code == codes.end() ? 0 : code->second));
    letter[7] = reply.kind == Reply::kAddress ? 1 : 0;
    letter[11] = 0;  // No EDNS.
    if (reply.kind == Reply::kAddress) {
      std::array<char, 16> address{};
      inet_pton(type == 1 ? AF_INET : AF_INET6, reply.address.c_str(),
                address.data());
      const std::size_t length = type == 1 ? 4 : 16;
      letter.append("\xC0\x0C\0", 3).append(1, static_cast<char>(type));
      letter.append("\0\x01\0\0\0\x01\0", 7);
      letter.append(1, static_cast<char>(length));
      letter.append(address.data(), length);
    }
    later.emplace(Clock::now() + reply.delay, Letter{from, letter});
  }

  const int socket_ = socket(AF_INET, SOCK_DGRAM, 0);
  std::array<int, 2> stop_{};

  std::mutex mutex_;  // Guards what follows.
  Script script_;
  int questions_ = 0;

  std::thread thread_;
};

}  // namespace exporter
