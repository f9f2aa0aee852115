#include "access/web_server.h"

#include <memory>
#include <utility>

namespace exporter {

WebServer::WebServer(WebServerOptions options, std::vector<Route> routes,
                     prometheus::Registry& registry)
    : web_config_file_(std::move(options.web_config_file)),
      dispatcher_(std::move(routes), options.max_requests, access_, registry),
      server_({.addresses = std::move(options.addresses),
               .inherits_sockets = options.inherits_sockets,
               .limits = options.limits,
               .tls = [this]() -> std::shared_ptr<SSL_CTX> {
                 const std::shared_ptr<const Access> access = access_.Current();
                 return access->tls ? access->tls->Context() : nullptr;
               },
               .on_own_answer =
                   [this](ServeResponse& response) {
                     dispatcher_.CountOwnAnswer(response);
                   }},
              [this](ServeRequest request, Responder responder) {
                dispatcher_.Dispatch(std::move(request), std::move(responder),
                                     clock_.SteadyNow());
              }) {}

Result<std::vector<std::string>> WebServer::Start() {
  if (!web_config_file_.empty()) {
    const auto access = access_.Watch(web_config_file_);
    if (!access) return Fail(access.error());
  }
  return server_.Start();
}

}  // namespace exporter
