// One client, from accept to close.

#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/file_descriptor.h"
#include "http/channel.h"
#include "http/request_reader.h"
#include "http/response.h"

namespace exporter {

struct ConnectionLimits {
  RequestLimits request;
  // From accept, or from the first byte on a connection that was idle, to the
  // last byte of the request; TLS included. However the bytes come.
  std::chrono::milliseconds request_time = std::chrono::seconds(10);
  // For the client to take all of a response.
  std::chrono::milliseconds write_time = std::chrono::seconds(30);
  // Between two requests. Prometheus keeps its side for five minutes.
  std::chrono::milliseconds idle_time = std::chrono::minutes(5);
  // After the last response, for the client to take it and to hang up: closing
  // while it still sends would destroy what it has not read yet.
  std::chrono::milliseconds linger_time = std::chrono::seconds(1);
};

// What goes back to a client.
struct Reply {
  ServeResponse response;
  bool close = false;  // The connection ends with it, whatever the client said.
  // Released once the response is written or the client is gone.
  std::shared_ptr<void> ticket;
};

// A state machine over a channel; whoever owns it watches the socket and the
// deadline. Not safe for concurrent use.
class ClientConnection {
 public:
  enum class Phase {
    kHandshake,
    kReading,    // Waits for the client's bytes.
    kHandling,   // A request is with the handler; the socket is left alone.
    kWriting,    // Waits for the client to take the response.
    kLingering,  // Waits for the client to hang up.
    kClosed,
  };

  // Begins in kHandshake.
  ClientConnection(FileDescriptor socket, std::unique_ptr<Channel> channel,
                   const ConnectionLimits& limits, Deadline now);

  // Goes as far as the socket allows. Returns a request when one is whole, or
  // refused; the phase is kHandling then, and stays so until Respond.
  std::optional<ReadRequest> Advance(Deadline now);

  // Starts to answer the request at hand; Advance carries it on. REQUIRES:
  // phase() == kHandling.
  void Respond(Reply reply, Deadline now, WallTime wall_now);

  // Closes without sending what is left, and without the kernel doing so later.
  void Abort();

  [[nodiscard]] Phase phase() const { return phase_; }
  // When the connection has to be closed if it is still in this phase; max()
  // while kHandling.
  [[nodiscard]] Deadline deadline() const { return deadline_; }
  [[nodiscard]] const FileDescriptor& socket() const { return socket_; }
  // Where the client is, as bytes to compare: its IPv4 address, or its IPv6
  // network, of which it may have all addresses.
  [[nodiscard]] const std::string& peer() const { return peer_; }

 private:
  void Enter(Phase phase, Deadline deadline);
  void StartReading(Deadline now);
  std::optional<ReadRequest> ReadOn(Deadline now);
  bool WriteOn(Deadline now);
  void Linger(Deadline now);
  bool Discard();

  FileDescriptor socket_;
  std::string peer_;
  std::unique_ptr<Channel> channel_;
  ConnectionLimits limits_;
  RequestReader reader_;
  Phase phase_ = Phase::kHandshake;
  Deadline deadline_;
  bool is_idle_ = false;  // While kReading: no byte of the request came yet.

  bool keep_alive_ = false;  // While kHandling and kWriting.
  bool wants_body_ = true;   // Not so for HEAD.
  std::string head_;         // What is left to write is
  std::string body_;         // the rest of both, from
  std::size_t written_ = 0;  // here on.
  std::shared_ptr<void> ticket_;
  std::size_t discarded_ = 0;  // While kLingering.
};

}  // namespace exporter
