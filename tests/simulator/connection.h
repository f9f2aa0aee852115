// One client: bytes in until a request is whole, bytes out as its reply's
// manner says.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http_message.h"
#include "reply.h"
#include "stream.h"

namespace simulator {

// Knows no timers and no epoll: the server calls it when bytes can move and
// when time has passed. Not safe for concurrent use.
class Connection {
 public:
  enum class Next {
    kRead,   // Go on when bytes arrive.
    kWrite,  // Go on when there is room to send.
    kWait,   // Call Drip in a second.
    kDone,   // The reply is out; Finish, then look for the next request.
    kClose,  // Destroy this connection.
  };

  Connection(int fd, SSL_CTX* tls);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Takes in what has arrived; false when the client is gone or sends more
  // than any honest one.
  bool Receive();

  // The next whole request, if there is one and no exchange is open. Its views
  // hold until StartReply.
  ParseState NextRequest(Request& request);

  // Sends "100 Continue", once a request.
  void Continue();

  // Opens an exchange: renders `reply`, sends nothing yet. `date` is the Date
  // header, `request_id` the X-Request-Id.
  void StartReply(const Request& request, Reply& reply, std::string_view date,
                  std::uint64_t request_id);

  // Sends what may be sent now.
  // REQUIRES: an exchange is open.
  Next Send();

  // One more second has passed: one more byte may go.
  void Drip() { ++allowance_; }

  // Ends the exchange.
  void Finish();

  [[nodiscard]] bool Busy() const { return busy_; }

 private:
  void Refill();

  Stream stream_;
  std::string in_;
  std::size_t request_bytes_ = 0;  // Of in_, while an exchange is open.
  bool continued_ = false;

  bool busy_ = false;
  bool keep_alive_ = true;
  Manner manner_ = Manner::kWhole;
  std::string out_;
  std::size_t sent_ = 0;
  std::size_t allowance_ = 0;  // How much of out_ may go; drips alone.
  std::uint64_t filler_left_ = 0;
  std::string_view tail_;
  std::function<void()> when_over_;
};

}  // namespace simulator
