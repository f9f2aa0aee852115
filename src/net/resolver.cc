#include "net/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "base/file_descriptor.h"

namespace exporter {
namespace {

constexpr int kMostAddresses = 32;

// Where this machine has no IPv6, nobody is asked for it.
bool HasIpv6() {
  return static_cast<bool>(
      FileDescriptor(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)));
}

// Puts it behind `out`, unless it is of one link alone: the text does not say
// of which.
void AppendAddress(const sockaddr& address, std::string& out) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool is_ipv6 = address.sa_family == AF_INET6;
  if (is_ipv6) {
    const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address);
    if (ipv6.sin6_scope_id != 0) return;
    inet_ntop(AF_INET6, &ipv6.sin6_addr, text.data(), text.size());
  } else {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &ipv4.sin_addr, text.data(), text.size());
  }
  if (!out.empty()) out += ',';
  if (is_ipv6) out += '[';
  out += text.data();
  if (is_ipv6) out += ']';
}

Resolver::Answer LookUp(std::string name, int family) {
  addrinfo hints{};
  hints.ai_family = family == AF_UNSPEC && !HasIpv6() ? AF_INET : family;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int code = getaddrinfo(name.c_str(), nullptr, &hints, &list);
  const int system_error = errno;
  Resolver::Answer answer{std::move(name), family, "", ""};
  if (code == EAI_SYSTEM) {
    answer.why = std::generic_category().message(system_error);
  } else if (code != 0) {
    answer.why = gai_strerror(code);
  } else {
    answer.why = "no usable address";
  }
  int left = kMostAddresses;
  for (const addrinfo* one = list; one != nullptr && left-- > 0;
       one = one->ai_next) {
    AppendAddress(*one->ai_addr, answer.addresses);
  }
  if (list != nullptr) freeaddrinfo(list);
  return answer;
}

}  // namespace

// What the threads have in common with the one that asks; the last of them
// takes it away.
struct Resolver::Desk {
  struct Question {
    std::string name;
    int family;
  };

  const FileDescriptor news{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};

  std::mutex mutex;  // Guards all below.
  std::deque<Question> questions;
  std::vector<Answer> answers;
  int threads = 0;

  // REQUIRES: the mutex is held.
  void Put(Answer answer) {
    answers.push_back(std::move(answer));
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written =
        write(news.Get(), &one, sizeof(one));
  }
};

Resolver::Resolver() : desk_(std::make_shared<Desk>()) {
  if (!desk_->news) {
    throw std::system_error(errno, std::generic_category(), "the resolver");
  }
}

Resolver::~Resolver() {
  const std::lock_guard lock(desk_->mutex);
  desk_->questions.clear();
}

void Resolver::Ask(const std::string& name, int family) {
  const std::lock_guard lock(desk_->mutex);
  desk_->questions.push_back({name, family});
  if (desk_->threads == kMaxThreads) return;
  try {
    std::thread([desk = desk_] { Work(*desk); }).detach();
    ++desk_->threads;
  } catch (const std::system_error& no_thread) {
    if (desk_->threads > 0) return;  // One of those will come to it.
    desk_->questions.pop_back();
    desk_->Put({name, family, "", no_thread.code().message()});
  }
}

int Resolver::Descriptor() const { return desk_->news.Get(); }

std::vector<Resolver::Answer> Resolver::Take() {
  std::uint64_t ignored = 0;
  [[maybe_unused]] const ssize_t size =
      read(desk_->news.Get(), &ignored, sizeof(ignored));
  const std::lock_guard lock(desk_->mutex);
  return std::exchange(desk_->answers, {});
}

void Resolver::Work(Desk& desk) {
  std::unique_lock lock(desk.mutex);
  while (!desk.questions.empty()) {
    const Desk::Question question = std::move(desk.questions.front());
    desk.questions.pop_front();
    lock.unlock();
    Answer answer = LookUp(question.name, question.family);
    lock.lock();
    desk.Put(std::move(answer));
  }
  --desk.threads;
}

}  // namespace exporter
