// What any client of the API has to pay: a plain libcurl multi loop that
// fetches the URLs of a file, one a line, so many at once, and parses the
// answers.
//
//   bare_loop URL_FILE AT_ONCE json|raw
//
// Each line on standard input starts a round over all URLs; it ends with
// "ANSWERS BYTES" on standard output, where answers that were not 200, or not
// JSON with a status unless "raw" was asked for, do not count. Connections are
// kept from round to round.

#include <curl/curl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

struct Exchange {
  CURL* easy;
  std::string body;
};

class BareLoop {
 public:
  BareLoop(std::vector<std::string> urls, std::size_t at_once, bool json)
      : urls_(std::move(urls)), json_(json) {
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &OnSocket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &OnTimer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(at_once));
    for (std::size_t i = 0; i < at_once; ++i) {
      exchanges_.push_back(std::make_unique<Exchange>());
      Exchange& exchange = *exchanges_.back();
      exchange.easy = curl_easy_init();
      curl_easy_setopt(exchange.easy, CURLOPT_PRIVATE, &exchange);
      curl_easy_setopt(exchange.easy, CURLOPT_WRITEFUNCTION, &OnBody);
      curl_easy_setopt(exchange.easy, CURLOPT_WRITEDATA, &exchange);
      curl_easy_setopt(exchange.easy, CURLOPT_NOSIGNAL, 1L);
    }
  }

  ~BareLoop() {
    for (const auto& exchange : exchanges_) curl_easy_cleanup(exchange->easy);
    curl_multi_cleanup(multi_);
    close(epoll_);
  }
  BareLoop(const BareLoop&) = delete;
  BareLoop& operator=(const BareLoop&) = delete;

  void Round() {
    next_ = answers_ = bytes_ = 0;
    std::size_t running = 0;
    for (const auto& exchange : exchanges_) running += Begin(*exchange) ? 1 : 0;
    std::array<epoll_event, 64> events{};
    while (running > 0) {
      const int count = epoll_wait(
          epoll_, events.data(), static_cast<int>(events.size()), timeout_ms_);
      int still = 0;
      for (int i = 0; i < count; ++i) {
        const epoll_event& event = events.at(static_cast<std::size_t>(i));
        const int bits = ((event.events & EPOLLOUT) ? CURL_CSELECT_OUT : 0) |
                         ((event.events & ~EPOLLOUT) ? CURL_CSELECT_IN : 0);
        curl_multi_socket_action(multi_, event.data.fd, bits, &still);
      }
      if (count == 0) {
        timeout_ms_ = -1;
        curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &still);
      }
      int left = 0;
      while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        Exchange* exchange = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
        if (message->data.result == CURLE_OK) Take(*exchange);
        curl_multi_remove_handle(multi_, exchange->easy);
        running -= Begin(*exchange) ? 0 : 1;
      }
    }
    std::cout << answers_ << ' ' << bytes_ << std::endl;
  }

 private:
  // False if every URL was asked.
  bool Begin(Exchange& exchange) {
    if (next_ == urls_.size()) return false;
    exchange.body.clear();
    curl_easy_setopt(exchange.easy, CURLOPT_URL, urls_[next_++].c_str());
    curl_multi_add_handle(multi_, exchange.easy);
    return true;
  }

  void Take(const Exchange& exchange) {
    long status = 0;
    curl_easy_getinfo(exchange.easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) return;
    if (json_) {
      const auto json = nlohmann::json::parse(exchange.body, nullptr, false);
      if (!json.is_object() || !json.contains("status")) return;
    }
    ++answers_;
    bytes_ += exchange.body.size();
  }

  static std::size_t OnBody(char* bytes, std::size_t unit, std::size_t count,
                            void* exchange) {
    static_cast<Exchange*>(exchange)->body.append(bytes, unit * count);
    return unit * count;
  }

  static int OnSocket(CURL* /*easy*/, curl_socket_t socket, int interest,
                      void* self, void* known) {
    auto& loop = *static_cast<BareLoop*>(self);
    epoll_event event{};
    event.events = ((interest & CURL_POLL_IN) ? unsigned{EPOLLIN} : 0U) |
                   ((interest & CURL_POLL_OUT) ? unsigned{EPOLLOUT} : 0U);
    event.data.fd = socket;
    if (interest == CURL_POLL_REMOVE) {
      epoll_ctl(loop.epoll_, EPOLL_CTL_DEL, socket, nullptr);
    } else if (known != nullptr) {
      epoll_ctl(loop.epoll_, EPOLL_CTL_MOD, socket, &event);
    } else {
      epoll_ctl(loop.epoll_, EPOLL_CTL_ADD, socket, &event);
      curl_multi_assign(loop.multi_, socket, self);
    }
    return 0;
  }

  static int OnTimer(CURLM* /*multi*/, long timeout_ms, void* self) {
    static_cast<BareLoop*>(self)->timeout_ms_ = static_cast<int>(timeout_ms);
    return 0;
  }

  const std::vector<std::string> urls_;
  const bool json_;
  CURLM* const multi_ = curl_multi_init();
  const int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::unique_ptr<Exchange>> exchanges_;
  int timeout_ms_ = -1;
  std::size_t next_ = 0;
  std::size_t answers_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::size_t at_once =
      arguments.size() == 3 ? std::strtoul(argv[2], nullptr, 10) : 0;
  const bool json = at_once > 0 && arguments[2] == "json";
  if (at_once == 0 || (!json && arguments[2] != "raw")) {
    std::cerr << "usage: bare_loop URL_FILE AT_ONCE json|raw\n";
    return 2;
  }
  std::vector<std::string> urls;
  std::ifstream file(arguments[0]);
  for (std::string url; std::getline(file, url);) urls.push_back(url);
  if (urls.empty()) {
    std::cerr << "bare_loop: no URLs in " << arguments[0] << '\n';
    return 1;
  }

  curl_global_init(CURL_GLOBAL_DEFAULT);
  BareLoop loop(std::move(urls), at_once, json);
  for (std::string line; std::getline(std::cin, line);) loop.Round();
  return 0;
}
