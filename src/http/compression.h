#pragma once

#include <string>
#include <string_view>

#include "http/response.h"

namespace exporter {

// Bodies smaller than this gain nothing by compression.
inline constexpr std::size_t kMinCompressedBytes = 1024;

// Whether the client takes gzip, and likes it no less than the plain body.
struct AcceptedCodings {
  bool gzip = false;
  bool identity = true;

  bool operator==(const AcceptedCodings&) const = default;
};

// What an Accept-Encoding header says; empty when there was none. Members that
// are malformed count for nothing. `gzip` is false where the plain body is
// liked better.
// Source: RFC 9110, section 12.5.3.
AcceptedCodings ParseAcceptEncoding(std::string_view header);

// Compresses the body of `response` where the client's Accept-Encoding allows
// it and it is worth while; says in its headers what was done and that it
// depends on this header. A client that refuses everything gets the plain body.
// Of one that has a rest makes the first piece; what comes of that later takes
// 600 KiB beside what the rest itself holds.
void Encode(std::string_view accept_encoding, ServeResponse& response);

}  // namespace exporter
