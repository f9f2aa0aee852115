#include "support/socket_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace exporter {
namespace {

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

int Listen(int* port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  if (listener < 0 || bind(listener, raw, size) != 0 ||
      listen(listener, 1024) != 0 || getsockname(listener, raw, &size) != 0) {
    throw std::runtime_error("the test server cannot listen");
  }
  *port = ntohs(address.sin_port);
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
  if (tls == nullptr) throw std::runtime_error("SSL_CTX_new");
  if (SSL_CTX_use_certificate_chain_file(tls, terms.cert_file.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(tls, terms.key_file.c_str(),
                                  SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("the test server's certificate");
  }
  // Without it OpenSSL 3 has nothing to speak TLS 1.1 with.
  SSL_CTX_set_cipher_list(tls, "DEFAULT:@SECLEVEL=0");
  SSL_CTX_set_min_proto_version(tls, terms.min_version);
  SSL_CTX_set_max_proto_version(tls, terms.max_version);
  if (!terms.client_ca_file.empty()) {
    SSL_CTX_load_verify_locations(tls, terms.client_ca_file.c_str(), nullptr);
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

Connection::~Connection() {
  if (ssl_ != nullptr) {
    SSL_shutdown(ssl_);
    SSL_free(ssl_);
  }
}

std::string Connection::Read(std::size_t most) {
  if (read_.empty()) {
    read_.resize(16 * 1024);
    const auto room = static_cast<int>(read_.size());
    const ssize_t count = ssl_ != nullptr
                              ? SSL_read(ssl_, read_.data(), room)
                              : recv(socket_, read_.data(), read_.size(), 0);
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
    const ssize_t count =
        ssl_ != nullptr
            ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
            : send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
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
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  SSL_free(ssl_);
  ssl_ = nullptr;
}

void Connection::Hang() {
  while (!Read(16 * 1024).empty()) {
  }
}

void Connection::TunnelTo(int port) {
  const int other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  if (connect(other, reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) == 0) {
    pollfd ends[] = {{.fd = socket_, .events = POLLIN, .revents = 0},
                     {.fd = other, .events = POLLIN, .revents = 0}};
    char bytes[16 * 1024];
    for (bool open = true; open && poll(ends, 2, -1) > 0;) {
      for (int i = 0; i < 2 && open; ++i) {
        if (ends[i].revents == 0) continue;
        const ssize_t count = recv(ends[i].fd, bytes, sizeof(bytes), 0);
        open = count > 0 &&
               send(ends[1 - i].fd, bytes, static_cast<std::size_t>(count),
                    MSG_NOSIGNAL) == count;
      }
    }
  }
  close(other);
}

SocketServer::SocketServer(Handler handler, const std::optional<TlsTerms>& tls)
    : handler_(std::move(handler)),
      tls_(tls ? NewTls(*tls) : nullptr),
      listener_(Listen(&port_)),
      acceptor_([this] { Accept(); }) {}

SocketServer::~SocketServer() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (const int open : sockets_) shutdown(open, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  for (std::thread& thread : threads_) thread.join();
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
  while (true) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (client < 0 || stopped_) {
      if (client >= 0) close(client);
      return;
    }
    const int yes = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    ++accepted_;
    sockets_.push_back(client);
    threads_.emplace_back([this, client] { Serve(client); });
  }
}

void SocketServer::Serve(int socket) {
  SSL* ssl = nullptr;
  bool usable = true;
  if (tls_ != nullptr) {
    ssl = SSL_new(tls_);
    SSL_set_fd(ssl, socket);
    usable = SSL_accept(ssl) == 1;
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const std::lock_guard lock(mutex_);
    server_names_.emplace_back(name != nullptr ? name : "");
  }
  {
    Connection connection(socket, ssl);
    if (usable) {
      handler_(connection);
    } else {
      // Closing at once could overtake the alert that says why.
      shutdown(socket, SHUT_WR);
      char ignored[1024];
      while (recv(socket, ignored, sizeof(ignored), 0) > 0) {
      }
    }
  }
  const std::lock_guard lock(mutex_);
  std::erase(sockets_, socket);
  close(socket);
}

int ClosedPort() {
  int port = 0;
  close(Listen(&port));
  return port;
}

}  // namespace exporter
