#include "access/web_server.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "access/access.h"
#include "access/dispatcher.h"
#include "http/connection_loop.h"
#include "http/listener.h"

namespace exporter {
namespace {

// Some descriptors have to be left for asking the cloud, for files and logs.
std::size_t DescriptorsForClients() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<std::size_t>(limit.rlim_cur) / 4 * 3;
}

}  // namespace

WebServer::WebServer(WebServerOptions options, std::vector<Route> routes,
                     prometheus::Registry& registry)
    : options_(std::move(options)),
      access_(std::make_unique<AccessWatcher>()),
      dispatcher_(std::make_unique<Dispatcher>(
          std::move(routes), options_.max_requests, *access_, registry)) {}

WebServer::~WebServer() {
  Drain(std::chrono::milliseconds(0));
  dispatcher_.reset();
}

Result<std::vector<std::string>> WebServer::Start() {
  if (!options_.web_config_file.empty()) {
    const auto access = access_->Watch(options_.web_config_file);
    if (!access) return Fail(access.error());
  }
  std::vector<Listener> listeners;
  std::vector<std::string> bound;
  for (const ListenAddress& address : options_.addresses) {
    Result<std::vector<Listener>> opened = Listen(address);
    if (!opened) return Fail(opened.error());
    for (Listener& listener : *opened) {
      bound.push_back(listener.address);
      listeners.push_back(std::move(listener));
    }
  }
  loop_ = std::make_unique<ConnectionLoop>(
      options_.limits,
      std::min(options_.max_connections, DescriptorsForClients()),
      [this](const FileDescriptor& socket) {
        const std::shared_ptr<const Access> access = access_->Current();
        return access->tls ? MakeTlsChannel(access->tls->Context(),
                                            tls_failures_, socket)
                           : MakePlainChannel(socket);
      },
      [this](ConnectionId id, const std::string& peer, ReadRequest request) {
        dispatcher_->Dispatch(
            std::move(request), peer,
            [this, id](Reply reply) { loop_->Answer(id, std::move(reply)); },
            clock_.SteadyNow());
      },
      clock_);
  loop_->Start(std::move(listeners));
  return bound;
}

void WebServer::Drain(std::chrono::milliseconds limit) {
  if (loop_) loop_->Drain(clock_.SteadyNow() + limit);
}

}  // namespace exporter
