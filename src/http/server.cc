#include "http/server.h"

#include <sys/resource.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "http/engine.h"
#include "http/listener.h"
#include "http/reply_queue.h"

namespace exporter {
namespace {

// Some descriptors have to be left for asking the cloud, for files and logs.
std::size_t DescriptorsForClients() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<std::size_t>(limit.rlim_cur) / 4 * 3;
}

Result<std::vector<Listener>> OpenAll(const ServerOptions& options) {
  if (options.inherits_sockets) return InheritedListeners();
  std::vector<Listener> listeners;
  for (const ListenAddress& address : options.addresses) {
    Result<std::vector<Listener>> opened = Listen(address);
    if (!opened) return Fail(opened.error());
    std::move(opened->begin(), opened->end(), std::back_inserter(listeners));
  }
  return listeners;
}

}  // namespace

Responder::Responder(std::shared_ptr<ReplyQueue> replies,
                     std::uint64_t connection)
    : replies_(std::move(replies)), connection_(connection) {}

Responder::~Responder() {
  if (replies_) replies_->PostOwn(connection_, StatusResponse(500));
}

void Responder::Send(ServeResponse response, std::shared_ptr<void> until_sent,
                     WorkerPool* makers) {
  const auto replies = std::exchange(replies_, nullptr);
  replies->Post(connection_, {.response = std::move(response),
                              .ticket = std::move(until_sent),
                              .makers = makers});
}

void Responder::Send(std::shared_ptr<RawAnswer> answer) {
  const auto replies = std::exchange(replies_, nullptr);
  replies->Post(connection_, {.response = {}, .raw = std::move(answer)});
}

Server::Server(ServerOptions options, OnRequest on_request)
    : options_(std::move(options)), on_request_(std::move(on_request)) {}

Server::~Server() = default;

Result<std::vector<std::string>> Server::Start() {
  Result<std::vector<Listener>> listeners = OpenAll(options_);
  if (!listeners) return Fail(listeners.error());
  std::vector<std::string> bound;
  for (const Listener& listener : *listeners) bound.push_back(listener.address);
  options_.limits.max_connections =
      std::min(options_.limits.max_connections, DescriptorsForClients());
  engine_ = std::make_unique<Engine>(options_, on_request_, clock_);
  engine_->Start(std::move(*listeners));
  return bound;
}

void Server::Drain(std::chrono::milliseconds limit) {
  if (engine_) engine_->Drain(clock_.SteadyNow() + limit);
}

}  // namespace exporter
