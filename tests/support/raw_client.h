#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"

namespace exporter {

struct RawResponse {
  int status = 0;    // 0: the connection ended before a whole response.
  std::string head;  // With the status line and the empty line.
  std::string body;

  // The value of the header `name`, as spelled; "(none)" without it.
  [[nodiscard]] std::string Header(std::string_view name) const {
    const std::string start = "\r\n" + std::string(name) + ": ";
    const std::size_t at = head.find(start);
    if (at == std::string::npos) return "(none)";
    const std::size_t value = at + start.size();
    return head.substr(value, head.find("\r\n", value) - value);
  }
};

// A client that says what it is told, byte by byte if need be, to a server on
// 127.0.0.1. Waits at most ten seconds for anything.
class RawClient {
 public:
  // `from` is the last byte of its own address, 127.0.0.x; 0: any.
  explicit RawClient(std::uint16_t port, int receive_buffer = 0,
                     std::uint8_t from = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) {
      setsockopt(socket_.Get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                 sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    if (from != 0) {
      address.sin_addr.s_addr = htonl(0x7F00'0000U + from);
      bind(socket_.Get(), reinterpret_cast<sockaddr*>(&address),
           sizeof address);
    }
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_.Get(), reinterpret_cast<sockaddr*>(&address),
                         sizeof address) == 0;
  }

  [[nodiscard]] int Fd() const { return socket_.Get(); }
  [[nodiscard]] bool Connected() const { return connected_; }

  // False when the connection is gone.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent =
          send(socket_.Get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  void EndSending() { shutdown(socket_.Get(), SHUT_WR); }

  // Ends the connection as a client does that crashed, or has no memory of it.
  void Reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket_.Get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    socket_ = FileDescriptor();
  }

  // The next response; `with_body` is false for the answer to HEAD.
  RawResponse Receive(bool with_body = true) {
    RawResponse response;
    std::size_t end = std::string::npos;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!ReadMore()) return response;
    }
    response.head = buffer_.substr(0, end + 4);
    buffer_.erase(0, end + 4);
    const bool is_whole =
        !with_body ||
        (response.Header("Transfer-Encoding") == "chunked"
             ? TakeChunks(response.body)
             : Take(std::strtoul(response.Header("Content-Length").c_str(),
                                 nullptr, 10),
                    response.body));
    if (!is_whole) return response;
    response.status = std::atoi(response.head.substr(9, 3).c_str());
    return response;
  }

  RawResponse Ask(std::string_view bytes) {
    Send(bytes);
    return Receive();
  }

  RawResponse Get(std::string_view target, std::string_view headers = "") {
    return Ask("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n" +
               std::string(headers) + "\r\n");
  }

  // Whether the server closes the connection, without a further byte.
  bool ClosedByServer() { return !ReadMore() && buffer_.empty(); }

  // All until the server closes, or the reader tires.
  std::string ReadToEnd() {
    while (ReadMore()) {
    }
    return buffer_;
  }

  // False when that much does not come.
  bool Take(std::size_t bytes, std::string& into) {
    while (buffer_.size() < bytes) {
      if (!ReadMore()) return false;
    }
    into.append(buffer_, 0, bytes);
    buffer_.erase(0, bytes);
    return true;
  }

 private:
  // Without trailers, and with none of what a chunk may have but its size.
  // Source: RFC 9112, section 7.1.
  bool TakeChunks(std::string& into) {
    for (;;) {
      std::size_t end = std::string::npos;
      while ((end = buffer_.find("\r\n")) == std::string::npos) {
        if (!ReadMore()) return false;
      }
      const std::string size = buffer_.substr(0, end);
      if (size.empty() ||
          size.find_first_not_of("0123456789abcdef") != std::string::npos) {
        ADD_FAILURE() << "no size of a chunk: " << size;
        return false;
      }
      buffer_.erase(0, end + 2);
      const std::size_t bytes = std::strtoul(size.c_str(), nullptr, 16);
      std::string line_end;
      if (!Take(bytes, into) || !Take(2, line_end)) return false;
      EXPECT_EQ(line_end, "\r\n");
      if (bytes == 0) return true;
    }
  }

  bool ReadMore() {
    pollfd ready{.fd = socket_.Get(), .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, 10'000) != 1) {
      ADD_FAILURE() << "nothing came for ten seconds";
      return false;
    }
    std::array<char, 65536> bytes;
    const ssize_t size = recv(socket_.Get(), bytes.data(), bytes.size(), 0);
    if (size <= 0) return false;
    buffer_.append(bytes.data(), static_cast<std::size_t>(size));
    return true;
  }

  FileDescriptor socket_;
  bool connected_ = false;
  std::string buffer_;
};

}  // namespace exporter
