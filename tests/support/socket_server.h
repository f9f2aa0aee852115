// A server that does to its clients what tests tell it to: answer, hang, drip,
// reset. It knows just enough of HTTP to see where a request ends.

#pragma once

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace exporter {

// One accepted connection, on a thread of its own.
class Connection {
 public:
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // The next request, head and body; empty if the client went away.
  std::string ReadRequest();

  // Up to `most` bytes; empty if the client went away.
  std::string Read(std::size_t most);

  // False if the client went away.
  bool Send(std::string_view bytes);

  // A whole reply, with its Content-Length. Further header lines each end in
  // \r\n.
  bool Reply(int status, std::string_view body, std::string_view headers = "");

  // Sends `bytes` one by one, each after `pause`, until the client goes away.
  void Drip(std::string_view bytes, std::chrono::milliseconds pause);

  // Lets the connection end by a reset instead of an orderly close.
  void Reset();

  // Does nothing until the client goes away or the server is stopped.
  void Hang();

  // Carries bytes both ways between the client and 127.0.0.1:`port`.
  void TunnelTo(int port);

 private:
  friend class SocketServer;
  explicit Connection(BIO* stream) : stream_(stream) {}
  [[nodiscard]] int Socket() const;

  BIO* const stream_;  // A socket, perhaps below TLS.
  std::string read_;   // And not yet given out.
};

struct TlsTerms {
  std::string cert_file;
  std::string key_file;
  std::string client_ca_file;         // Clients must show a certificate of it,
  bool client_may_have_none = false;  // or none, if they have none.
  int min_version = 0;                // e.g. TLS1_2_VERSION; 0: any.
  int max_version = 0;
  bool http2 = false;  // Whether it is spoken with those who offer it.
};

// Listens on a port of 127.0.0.1 that the kernel picks, and runs `handler` for
// each connection, which is closed when it returns.
class SocketServer {
 public:
  using Handler = std::function<void(Connection&)>;

  explicit SocketServer(Handler handler,
                        const std::optional<TlsTerms>& tls = std::nullopt);
  ~SocketServer();  // Ends all connections and waits for their handlers.
  SocketServer(const SocketServer&) = delete;
  SocketServer& operator=(const SocketServer&) = delete;

  [[nodiscard]] int Port() const { return port_; }
  [[nodiscard]] std::string Url(std::string_view path = "/") const;

  // Connections accepted so far. Safe for concurrent use.
  [[nodiscard]] int Accepted() const { return accepted_; }

  // Of those, the ones that are not closed. Safe for concurrent use.
  std::size_t Open();

  // The server names that clients asked for in TLS, in order.
  std::vector<std::string> ServerNames();

 private:
  void Accept();
  void Serve(BIO* client);

  const Handler handler_;
  SSL_CTX* const tls_;  // Null: plain.
  BIO* const listener_;
  const int port_;
  std::atomic<int> accepted_ = 0;

  std::mutex mutex_;  // Guards what follows.
  bool stopped_ = false;
  std::vector<int> sockets_;  // Open ones.
  std::vector<std::string> server_names_;
  std::vector<std::jthread> threads_;
  std::jthread acceptor_;
};

// A port of 127.0.0.1 on which nobody listens.
int ClosedPort();

}  // namespace exporter
