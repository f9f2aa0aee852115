// One client, from accept to close.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/file_descriptor.h"
#include "http/channel.h"
#include "http/limits.h"
#include "http/request_reader.h"
#include "http/response.h"

namespace exporter {

// What goes back to a client.
struct Reply {
  ServeResponse response;
  bool close = false;  // The connection ends with it, whatever the client said.
  // Released once the response is written or the client is gone.
  std::shared_ptr<void> ticket{};
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
                   const ServerLimits& limits, Deadline now);

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
  // As in ServeRequest.
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
  ServerLimits limits_;
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
