#include "support/socket_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace exporter {
namespace {

void Require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

int SocketOf(BIO* stream) {
  return static_cast<int>(BIO_get_fd(stream, nullptr));
}

int PortOf(BIO* listener) { return std::stoi(BIO_get_accept_port(listener)); }

BIO* Listen() {
  BIO* const listener = BIO_new_accept("127.0.0.1:0");
  Require(BIO_do_accept(listener) == 1, "the test server cannot listen");
  // OpenSSL lets 32 clients wait, and the next one try again a second later.
  listen(SocketOf(listener), 1024);
  return listener;
}

int ChooseProtocol(SSL* /*ssl*/, const unsigned char** chosen,
                   unsigned char* size, const unsigned char* offered,
                   unsigned int offered_size, void* http2) {
  static const unsigned char kBoth[] = "\x02h2\x08http/1.1";
  const unsigned int first = http2 != nullptr ? 0 : 3;
  return SSL_select_next_proto(const_cast<unsigned char**>(chosen), size,
                               kBoth + first, 12 - first, offered,
                               offered_size) == OPENSSL_NPN_NEGOTIATED
             ? SSL_TLSEXT_ERR_OK
             : SSL_TLSEXT_ERR_ALERT_FATAL;
}

SSL_CTX* NewTls(const TlsTerms& terms) {
  SSL_CTX* tls = SSL_CTX_new(TLS_server_method());
  Require(
      SSL_CTX_use_certificate_chain_file(tls, terms.cert_file.c_str()) == 1 &&
          SSL_CTX_use_PrivateKey_file(tls, terms.key_file.c_str(),
                                      SSL_FILETYPE_PEM) == 1,
      "the test server's certificate");
  // Without it OpenSSL 3 has nothing to speak TLS 1.1 with.
  SSL_CTX_set_cipher_list(tls, "DEFAULT:@SECLEVEL=0");
  SSL_CTX_set_min_proto_version(tls, terms.min_version);
  SSL_CTX_set_max_proto_version(tls, terms.max_version);
  if (!terms.client_ca_file.empty()) {
    SSL_CTX_load_verify_file(tls, terms.client_ca_file.c_str());
    SSL_CTX_set_verify(tls,
                       terms.client_may_have_none
                           ? SSL_VERIFY_PEER
                           : SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       nullptr);
  }
  static int yes = 1;
  SSL_CTX_set_alpn_select_cb(tls, &ChooseProtocol,
                             terms.http2 ? &yes : nullptr);
  return tls;
}

}  // namespace

// Tells a TLS client so, too.
Connection::~Connection() { BIO_free_all(stream_); }

int Connection::Socket() const { return SocketOf(stream_); }

std::string Connection::Read(std::size_t most) {
  if (read_.empty()) {
    read_.resize(16 * 1024);
    const int count =
        BIO_read(stream_, read_.data(), static_cast<int>(read_.size()));
    read_.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  std::string given = read_.substr(0, most);
  read_.erase(0, given.size());
  return given;
}

std::string Connection::ReadRequest() {
  std::string request;
  while (request.find("\r\n\r\n") == std::string::npos) {
    const std::string more = Read(1);
    if (more.empty()) return "";
    request += more;
  }
  const auto length = request.find("Content-Length: ");
  if (length == std::string::npos) return request;
  auto missing = std::stoul(request.substr(length + 16));
  while (missing > 0) {
    const std::string more = Read(missing);
    if (more.empty()) return "";
    request += more;
    missing -= more.size();
  }
  return request;
}

bool Connection::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const int count =
        BIO_write(stream_, bytes.data(), static_cast<int>(bytes.size()));
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool Connection::Reply(int status, std::string_view body,
                       std::string_view headers) {
  std::string reply = "HTTP/1.1 " + std::to_string(status) + " Fine\r\n";
  reply.append(headers);
  reply += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  reply.append(body);
  return Send(reply);
}

void Connection::Drip(std::string_view bytes, std::chrono::milliseconds pause) {
  for (const char byte : bytes) {
    if (!Send({&byte, 1})) return;
    // This is the misbehaviour itself, not a wait for something to happen.
    std::this_thread::sleep_for(pause);
  }
}

void Connection::Reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(Socket(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  SSL* ssl = nullptr;
  if (BIO_get_ssl(stream_, &ssl) == 1) SSL_set_quiet_shutdown(ssl, 1);
}

void Connection::Hang() {
  while (!Read(16 * 1024).empty()) {
  }
}

void Connection::TunnelTo(int port) {
  Connection other(
      BIO_new_connect(("127.0.0.1:" + std::to_string(port)).c_str()));
  if (BIO_do_connect(other.stream_) != 1) return;
  Connection* const sides[] = {this, &other};
  pollfd ends[] = {{.fd = Socket(), .events = POLLIN, .revents = 0},
                   {.fd = other.Socket(), .events = POLLIN, .revents = 0}};
  while (poll(ends, 2, -1) > 0) {
    for (const int i : {0, 1}) {
      if (ends[i].revents == 0) continue;
      const std::string bytes = sides[i]->Read(16 * 1024);
      if (bytes.empty() || !sides[1 - i]->Send(bytes)) return;
    }
  }
}

SocketServer::SocketServer(Handler handler, const std::optional<TlsTerms>& tls)
    : handler_(std::move(handler)),
      tls_(tls ? NewTls(*tls) : nullptr),
      listener_(Listen()),
      port_(PortOf(listener_)) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to whoever has gone, too.
  acceptor_ = std::jthread([this] { Accept(); });
}

SocketServer::~SocketServer() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const int open : sockets_) shutdown(open, SHUT_RDWR);
  }
  shutdown(SocketOf(listener_), SHUT_RDWR);
  acceptor_.join();
  BIO_free_all(listener_);
  threads_.clear();
  SSL_CTX_free(tls_);
}

std::string SocketServer::Url(std::string_view path) const {
  return (tls_ != nullptr ? "https://127.0.0.1:" : "http://127.0.0.1:") +
         std::to_string(port_) + std::string(path);
}

std::size_t SocketServer::Open() {
  const std::lock_guard lock(mutex_);
  return sockets_.size();
}

std::vector<std::string> SocketServer::ServerNames() {
  const std::lock_guard lock(mutex_);
  return server_names_;
}

void SocketServer::Accept() {
  while (BIO_do_accept(listener_) == 1) {
    BIO* const client = BIO_pop(listener_);
    const int yes = 1;
    setsockopt(SocketOf(client), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    const std::lock_guard lock(mutex_);
    if (stopped_) {
      BIO_free(client);
      return;
    }
    ++accepted_;
    sockets_.push_back(SocketOf(client));
    threads_.emplace_back([this, client] { Serve(client); });
  }
}

void SocketServer::Serve(BIO* client) {
  std::unique_lock closing(mutex_, std::defer_lock);
  Connection connection(tls_ != nullptr ? BIO_push(BIO_new_ssl(tls_, 0), client)
                                        : client);
  bool usable = true;
  if (tls_ != nullptr) {
    usable = BIO_do_handshake(connection.stream_) == 1;
    SSL* ssl = nullptr;
    BIO_get_ssl(connection.stream_, &ssl);
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const std::lock_guard lock(mutex_);
    server_names_.emplace_back(name != nullptr ? name : "");
  }
  if (usable) {
    handler_(connection);
  } else {
    // Closing at once could overtake the alert that says why.
    shutdown(connection.Socket(), SHUT_WR);
    char ignored[1024];
    while (recv(connection.Socket(), ignored, sizeof(ignored), 0) > 0) {
    }
  }
  closing.lock();
  std::erase(sockets_, connection.Socket());
}

int ClosedPort() {
  BIO* const listener = Listen();
  const int port = PortOf(listener);
  BIO_free_all(listener);
  return port;
}

}  // namespace exporter
