#pragma once

#include <string>
#include <vector>

#include "base/file_descriptor.h"
#include "base/listen_address.h"
#include "base/result.h"

namespace exporter {

struct Listener {
  FileDescriptor socket;  // Listening, non-blocking.
  // As bound: "127.0.0.1:10877", "[::]:10877", "unix:/run/exporter.sock".
  std::string address;
};

// A socket for each address that `address` names. No host is IPv6 and IPv4 in
// one socket, or IPv4 where there is no IPv6; "::" is both or nothing.
//
// Errors: kConfig  the host is unknown, or the address cannot be bound: in use,
//                  not of this machine, a port that needs more rights.
Result<std::vector<Listener>> Listen(const ListenAddress& address);

// The sockets that systemd opened and gave to this process, TCP or Unix, in
// their order. They are closed for programs that this one would run.
//
// Errors: kConfig  there is none, or one is no stream socket that listens.
// REQUIRES: called once.
// Source: sd_listen_fds(3)
Result<std::vector<Listener>> InheritedListeners();

}  // namespace exporter
