#include "app/health_check.h"

#include <httplib.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <string>

#include "access/web_config.h"

namespace exporter {
namespace {

// httplib's timeouts begin anew with each byte, and a name lookup has none.
void EndInTime() {
  signal(SIGALRM, [](int) { _exit(1); });
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  sigprocmask(SIG_UNBLOCK, &alarm, nullptr);
  const itimerval limit{.it_interval = {},
                        .it_value = {.tv_sec = 2, .tv_usec = 0}};
  setitimer(ITIMER_REAL, &limit, nullptr);
}

bool Says200(httplib::ClientImpl& client, const std::string& path) {
  int status = 0;
  client.Get(
      path,
      [&](const httplib::Response& response) {
        status = response.status;
        return false;  // Whatever the body is.
      },
      [](const char*, std::size_t) { return false; });
  return status == 200;
}

// Whether `path` is answered with 200.
bool ServesPlain(const std::string& host, int port, const std::string& path) {
  httplib::ClientImpl client(host, port);
  return Says200(client, path);
}

// Leaves where a certificate is asked for: to go on without one would be a
// warning in the log of the instance each time.
int NoteTheQuestion(SSL* ssl, X509** /*certificate*/, EVP_PKEY** /*key*/) {
  *static_cast<bool*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl))) = true;
  return -1;
}

// By the name that cpp-httplib's version has for it: in 0.41 the older one is
// deprecated, in 0.18 the newer one is not there.
template <typename Client>
SSL_CTX* ContextOf(const Client& client) {
  if constexpr (requires { client.tls_context(); }) {
    return static_cast<SSL_CTX*>(client.tls_context());
  } else {
    return client.ssl_context();
  }
}

bool ServesTls(const std::string& host, int port, const std::string& path) {
  httplib::SSLClient client(host, port);
  client.enable_server_certificate_verification(false);
  SSL_CTX* const context = ContextOf(client);
  // As old as the instance may be told to speak.
  SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
  SSL_CTX_set_security_level(context, 0);
  bool was_asked = false;
  SSL_CTX_set_app_data(context, &was_asked);
  SSL_CTX_set_client_cert_cb(context, NoteTheQuestion);
  return Says200(client, path) || was_asked;
}

}  // namespace

int CheckHealth(const Flags& flags) {
  EndInTime();
  signal(SIGPIPE, SIG_IGN);
  const ListenAddress& address = flags.listen_addresses.front();
  const std::string host = address.host.empty() ? "127.0.0.1" : address.host;
  const std::string path = flags.route_prefix + "/-/healthy";
  if (flags.web_config_file.empty()) {
    return ServesPlain(host, address.port, path) ? 0 : 1;
  }
  const WebConfigReport web = LoadWebConfig(flags.web_config_file);
  const auto serves = [&](bool tls) {
    return tls ? ServesTls(host, address.port, path)
               : ServesPlain(host, address.port, path);
  };
  // The file may be faulty by now, or turn TLS on or off: the instance goes on
  // with what it began with.
  const bool expects_tls = !web.faults.empty() || web.config.tls;
  return serves(expects_tls) || serves(!expects_tls) ? 0 : 1;
}

}  // namespace exporter
