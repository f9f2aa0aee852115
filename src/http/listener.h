#pragma once

#include <string>
#include <vector>

#include "base/file_descriptor.h"
#include "base/listen_address.h"
#include "base/result.h"

namespace exporter {

struct Listener {
  FileDescriptor socket;  // Listening, non-blocking.
  std::string address;    // As bound: "127.0.0.1:10877", "[::]:10877".
};

// A socket for each address that `address` names. No host is IPv6 and IPv4 in
// one socket, or IPv4 where there is no IPv6; "::" is both or nothing.
//
// Errors: kConfig  the host is unknown, or the address cannot be bound: in use,
//                  not of this machine, a port that needs more rights.
Result<std::vector<Listener>> Listen(const ListenAddress& address);

}  // namespace exporter
