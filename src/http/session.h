// One client, from accept to close.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/asio.h"
#include "http/channel.h"
#include "http/limits.h"
#include "http/reply_queue.h"
#include "http/request_reader.h"

namespace exporter {

class Engine;
class Session;

// An answer that gives itself, byte by byte, and need not be what HTTP says:
// for servers that stand in for others, so that their clients can be tested.
class RawAnswer {
 public:
  // Called by the engine's thread once. Destroyed when the answer is over,
  // however it ended.
  virtual ~RawAnswer() = default;

  // Answers by what `session` has for it. True if the next request may come.
  virtual Task<bool> Give(Session& session) = 0;
};

// Reads, has answered and writes, one request after the other, in one
// coroutine; the engine watches its deadline. Belongs to the engine's thread.
class Session : public std::enable_shared_from_this<Session> {
 public:
  enum class Phase {
    kHandshake,
    kReading,    // Waits for the client's bytes.
    kHandling,   // A request is with the handler; the socket is left alone.
    kWriting,    // Waits for the client to take the response.
    kLingering,  // Waits for the client to hang up.
  };

  // Begins in kHandshake. `engine` must outlive this object.
  Session(Engine& engine, ConnectionId id, TcpSocket socket,
          std::unique_ptr<Channel> channel);

  // The session's whole life, which is to be over before this object is.
  Task<void> Run();

  // For RawAnswer::Give, as is Cut, which resets the connection then. False,
  // both, once the client is gone. What Send takes goes out in turns with other
  // clients' bytes; until it has, the bytes must live.
  Task<bool> Send(std::string_view bytes);
  // Waits until then, and meanwhile hears the client: what it asks is for
  // later. False also once it has said more than 1 MiB.
  Task<bool> Stay(Deadline until);
  // The status line and the headers, as they should be; none: an answer that
  // ends with the connection.
  [[nodiscard]] std::string Head(const ServeResponse& response,
                                 std::optional<std::uint64_t> body_bytes) const;

  // Answers the request at hand. REQUIRES: phase() == kHandling.
  void Respond(Reply&& reply);

  // Looks again at what it waits for, now that the engine drains.
  void Wake();

  // Closes at once: Run ends soon. What a client has not taken by then is not
  // sent later either.
  void Cut();

  [[nodiscard]] ConnectionId id() const { return id_; }
  [[nodiscard]] Phase phase() const { return phase_; }
  // When it has to be cut if it is still in this phase; max() while kHandling.
  [[nodiscard]] Deadline deadline() const { return deadline_; }
  [[nodiscard]] bool WaitsForItsClient() const {
    return phase_ == Phase::kHandshake || phase_ == Phase::kReading;
  }

 private:
  void Enter(Phase phase, Deadline deadline);
  Task<bool> Repeat(IoState (Session::*step)());
  void Handle();
  Task<void> UntilAnswered();
  Task<void> UntilPosted();
  void Begin(Reply&& reply);
  void GoOn(Piece&& piece);
  void Frame(std::string& bytes, bool is_last);
  Task<bool> SendAll();
  void DropRest(std::shared_ptr<void>&& ticket = nullptr);
  IoState Handshake();
  IoState Read();
  IoState Write();
  IoState Listen();
  IoState Discard();

  Engine& engine_;
  const ConnectionId id_;
  TcpSocket socket_;
  const std::unique_ptr<Channel> channel_;
  const std::string peer_;             // As in ServeRequest.
  std::array<char, 512> first_bytes_;  // Of a request.
  RequestReader reader_;
  Phase phase_ = Phase::kHandshake;
  Deadline deadline_;
  bool is_idle_ = false;  // While kReading: no byte of the request came yet.
  bool just_answered_ = false;          // Likewise, and none was looked for.
  std::optional<ReadRequest> request_;  // Once it is whole, or refused.

  Timer* answered_ = nullptr;     // While kHandling: cancelled by the answer.
  bool keep_alive_ = false;       // While kHandling and kWriting.
  bool wants_body_ = true;        // Not so for HEAD.
  bool takes_chunks_ = true;      // Not so in HTTP/1.0.
  std::string head_;              // What is left to write is
  std::string body_;              // the rest of both, from
  std::size_t written_ = 0;       // here on,
  BodySource rest_;               // and what is not made yet,
  WorkerPool* makers_ = nullptr;  // but by them.
  std::shared_ptr<void> ticket_;
  std::shared_ptr<RawAnswer> raw_;  // Instead of head_ and body_.
  Deadline stays_until_{};
  std::size_t heard_ = 0;  // While it stays or is kLingering.
};

}  // namespace exporter
