#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "support/socket_server.h"

namespace exporter {

// A cloud on a real socket, whose datasets do as the test says.
class TestCloud {
 public:
  using Manner = std::function<void(Connection&)>;

  static constexpr const char* kCompleted =
      R"({"status": "COMPLETED", "total_sample_count": 7})";

  // For the dataset `id` instead of answering well; "" is the list.
  void Make(const std::string& id, Manner manner) {
    const std::lock_guard lock(mutex_);
    manners_[id] = std::move(manner);
  }

  std::map<std::string, int> Asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  // Head and body; empty before the first.
  std::string LastRequest() {
    const std::lock_guard lock(mutex_);
    return last_request_;
  }

  [[nodiscard]] std::string Url() const {
    std::string url = server_.Url();
    url.pop_back();
    return url;
  }

 private:
  void Serve(Connection& connection) {
    while (true) {
      const std::string request = connection.ReadRequest();
      if (request.empty()) return;
      std::string id;
      if (const auto found = request.find("/datasets/");
          found != std::string::npos) {
        const std::size_t begin = found + 10;
        id = request.substr(begin, request.find('/', begin) - begin);
      }
      Manner manner;
      {
        const std::lock_guard lock(mutex_);
        ++asked_[id];
        last_request_ = request;
        if (manners_.contains(id)) manner = manners_[id];
      }
      if (manner) return manner(connection);
      connection.Reply(200, kCompleted);
    }
  }

  std::mutex mutex_;  // Guards what follows.
  std::map<std::string, Manner> manners_;
  std::map<std::string, int> asked_;
  std::string last_request_;

  SocketServer server_{[this](Connection& connection) { Serve(connection); }};
};

}  // namespace exporter
