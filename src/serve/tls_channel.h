#pragma once

#include <memory>

#include "serve/channel.h"

using SSL_CTX = struct ssl_ctx_st;

namespace exporter {

class TlsContext;

// The server's side of TLS on `socket`, which has to outlive the channel;
// `owner`, which `context` is a part of, lives at least as long. Null when
// there is no memory.
std::unique_ptr<Channel> MakeTlsChannel(std::shared_ptr<const TlsContext> owner,
                                        SSL_CTX* context,
                                        const FileDescriptor& socket);

}  // namespace exporter
