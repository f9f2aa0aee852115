// Carries the bytes of one connection, in the clear or over TLS.

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace exporter {

enum class IoState {
  kDone,        // Something was done; there may be more.
  kWantsRead,   // Nothing now: again once the socket can be read from,
  kWantsWrite,  // or written to.
  kClosed,      // The other side is gone, or broke the protocol.
};

struct IoResult {
  IoState state;
  std::size_t bytes = 0;  // With kDone: read or written, at least 1.
};

// Never blocks. Not safe for concurrent use.
class Channel {
 public:
  virtual ~Channel() = default;

  // kDone once bytes can pass.
  virtual IoState Handshake() = 0;
  virtual IoResult Read(std::span<char> into) = 0;
  virtual IoResult Write(std::string_view bytes) = 0;

  // What the socket has to read is what Read would give.
  [[nodiscard]] virtual bool IsPlain() const { return false; }

  // Tells the other side that nothing more comes.
  virtual void EndWriting() = 0;
};

// Bytes as they are on `socket`, which the channel does not own: once it is
// closed, nothing is to be asked of the channel.
std::unique_ptr<Channel> MakePlainChannel(int socket);

}  // namespace exporter
