#include "front.h"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "raw_reply.h"

namespace simulator {
namespace {

// None but the client's own impatience ends a wait, and a cloud has room for a
// token of 32 kB and then some.
exporter::ServerLimits Patient() {
  constexpr std::chrono::hours kLong(1000);
  constexpr std::size_t kMaxRequestBytes = 262'144;
  return {.request = {.request_line_bytes = kMaxRequestBytes,
                      .head_bytes = kMaxRequestBytes,
                      .body_bytes = kMaxRequestBytes,
                      .raw_targets = true},
          .request_time = kLong,
          .write_time = kLong,
          .idle_time = kLong,
          .max_connections = std::numeric_limits<std::size_t>::max()};
}

// 32 hexadecimal digits, as the gateway's are.
std::string RequestId(std::uint64_t number) {
  std::array<char, 16> digits;
  const char* end =
      std::to_chars(digits.data(), digits.data() + digits.size(), number, 16)
          .ptr;
  const std::string_view text(digits.data(), end);
  return std::string(32 - text.size(), '0').append(text);
}

void Serve(Cloud& cloud, std::uint64_t number,
           const exporter::ServeRequest& asked, exporter::Responder responder) {
  const Request request(asked);
  if (!request.path.starts_with('/')) {
    responder.Send(exporter::StatusResponse(400, "the target is no path"));
    return;
  }
  Reply reply;
  cloud.Handle(request, reply);
  reply.AddHeader("Server", "api-gateway");
  reply.AddHeader("X-Request-Id", RequestId(number));
  if (RawReply::Suits(reply)) {
    responder.Send(
        std::make_shared<RawReply>(std::move(reply), request.method != "HEAD"));
    return;
  }
  std::shared_ptr<void> until_sent;
  if (reply.when_over) {
    until_sent = {nullptr,
                  [over = std::move(reply.when_over)](void*) { over(); }};
  }
  responder.Send(std::move(reply), std::move(until_sent));
}

}  // namespace

exporter::Result<std::shared_ptr<SSL_CTX>> MakeTlsContext(
    const std::string& cert_file, const std::string& key_file,
    const std::string& client_ca_file) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()),
                                   &SSL_CTX_free);
  if (SSL_CTX_use_certificate_chain_file(context.get(), cert_file.c_str()) !=
      1) {
    return exporter::Fail(exporter::ErrorKind::kConfig,
                          cert_file + ": no usable certificate");
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key_file.c_str(),
                                  SSL_FILETYPE_PEM) != 1) {
    return exporter::Fail(exporter::ErrorKind::kConfig,
                          key_file + ": no private key of that certificate");
  }
  if (!client_ca_file.empty()) {
    if (SSL_CTX_load_verify_file(context.get(), client_ca_file.c_str()) != 1) {
      return exporter::Fail(exporter::ErrorKind::kConfig,
                            client_ca_file + ": no usable authority");
    }
    SSL_CTX_set_verify(context.get(),
                       SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       nullptr);
    // Sessions of verified clients are resumed only with a context to bind to.
    constexpr unsigned char kContext[] = "simulator";
    SSL_CTX_set_session_id_context(context.get(), kContext, sizeof(kContext));
  }
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  return context;
}

exporter::Result<exporter::ListenAddress> ParseAddress(
    const std::string& text) {
  const std::size_t colon = text.rfind(':');
  exporter::ListenAddress address{.host = text.substr(0, colon)};
  const char* end = text.data() + text.size();
  const char* port = colon == std::string::npos ? end : &text[colon] + 1;
  const auto [rest, error] = std::from_chars(port, end, address.port);
  if (error != std::errc() || rest != end) {
    return exporter::Fail(exporter::ErrorKind::kConfig,
                          text + ": expected host:port");
  }
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  return address;
}

exporter::Server MakeServer(Cloud& cloud, const ServerClock& clock,
                            const exporter::ListenAddress& address,
                            std::shared_ptr<SSL_CTX> tls) {
  exporter::ServerOptions options{.addresses = {address},
                                  .limits = Patient(),
                                  .date = [&clock] { return clock.Now(); }};
  // Asked once for each client, so that it can count them.
  options.tls = [&cloud, tls = std::move(tls)] {
    cloud.Connected();
    return tls;
  };
  std::uint64_t requests = 0;
  return {std::move(options),
          [&cloud, requests](const exporter::ServeRequest& request,
                             exporter::Responder responder) mutable {
            Serve(cloud, ++requests, request, std::move(responder));
          }};
}

}  // namespace simulator
