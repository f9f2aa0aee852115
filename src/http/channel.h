// The bytes of one connection, in the clear or over TLS.

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "base/file_descriptor.h"

namespace exporter {

enum class IoState {
  kDone,    // Something was done; there may be more.
  kAgain,   // Nothing now: the socket will say when.
  kClosed,  // The other side is gone, or broke the protocol.
};

struct IoResult {
  IoState state;
  std::size_t bytes = 0;  // With kDone: read or written, at least 1.
};

// Never blocks. The socket is watched edge-triggered, so whoever uses a channel
// goes on until kAgain or kClosed. Not safe for concurrent use.
class Channel {
 public:
  virtual ~Channel() = default;

  // kDone once bytes can pass.
  virtual IoState Handshake() = 0;
  virtual IoResult Read(std::span<char> into) = 0;
  virtual IoResult Write(std::string_view bytes) = 0;

  // Tells the other side that nothing more comes.
  virtual void EndWriting() = 0;
};

// Bytes as they are on `socket`, which has to outlive the channel.
std::unique_ptr<Channel> MakePlainChannel(const FileDescriptor& socket);

}  // namespace exporter
