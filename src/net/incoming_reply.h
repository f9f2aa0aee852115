// Takes a reply as it arrives: which of its lines count, and how much of it is
// too much. Knows nothing of who carries it.

#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "net/fetcher.h"

namespace exporter {

// The status of "HTTP/1.1 200 OK\r\n"; 0 unless it has three digits, the first
// of them no 0.
int StatusOf(std::string_view status_line);

// Takes the lines and the body of one reply and of the interim ones before it.
// Whoever is told `false` is to stop; Fault says why.
//
// Not safe for concurrent use.
class IncomingReply {
 public:
  enum class Fault { kNone, kNotHttp, kHeaderTooLarge, kBodyTooLarge };

  IncomingReply(std::size_t max_header_bytes, std::size_t max_body_bytes)
      : max_header_bytes_(max_header_bytes), max_body_bytes_(max_body_bytes) {}

  // A piece of a header line, as received: a long line comes in several. False
  // if nobody is to look into it, since it would be the first of a header and
  // continues another line.
  bool GuardHeader(std::string_view piece);

  // A whole line of a header, or of the trailers.
  bool TakeHeader(std::string_view line);

  bool TakeBody(std::string_view bytes);

  // Whether a whole line has come of it.
  [[nodiscard]] bool HasBegun() const { return header_bytes_ > 0; }
  // Whether a header is to come, or its end.
  [[nodiscard]] bool IsInHeader() const { return in_header_; }
  // Whether the last reply that began came in HTTP/2.
  [[nodiscard]] bool IsHttp2() const { return http2_; }
  [[nodiscard]] Fault WhatIsWrong() const { return fault_; }

  // What has come, for good.
  HttpReply Take() { return std::move(reply_); }

 private:
  bool Refuse(Fault fault);
  bool TakeStatusLine(std::string_view line);

  const std::size_t max_header_bytes_;
  const std::size_t max_body_bytes_;

  HttpReply reply_{};
  std::size_t header_bytes_ = 0;
  bool in_header_ = true;         // Of the reply or of an interim one.
  bool status_line_next_ = true;  // The header has not begun.
  bool line_is_open_ = false;     // Only a piece of it came as yet.
  bool http2_ = false;
  Fault fault_ = Fault::kNone;
};

}  // namespace exporter
