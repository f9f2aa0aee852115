// HTTP/1.1 messages as bytes: what a client sent, and the text of an answer.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace simulator {

// Views into the bytes that ParseRequest was given.
struct Request {
  struct Header {
    std::string_view name;   // As sent.
    std::string_view value;  // Without the white space around it.
  };

  std::string_view method;
  std::string_view path;   // Raw: percent-encoded as it came.
  std::string_view query;  // Raw, without the '?'.
  std::string_view body;
  std::vector<Header> headers;
  bool keep_alive = true;

  // The value of the first header called `name`, in any case; empty if there
  // is none.
  [[nodiscard]] std::string_view Find(std::string_view name) const;

  // The decoded value of the first query parameter called `name`.
  [[nodiscard]] std::optional<std::string> Parameter(
      std::string_view name) const;
};

enum class ParseState {
  kComplete,
  kIncomplete,  // More bytes are needed.
  kContinue,    // Likewise, and the client waits for a "100 Continue".
  kBad,         // Not HTTP/1.x, or a body without Content-Length.
};

struct Parsed {
  ParseState state;
  std::size_t bytes = 0;  // How many `input` bytes the request takes.
};

// Reads the request that `input` begins with. `request` is worth reading only
// after kComplete.
Parsed ParseRequest(std::string_view input, Request& request);

// `text` with every %XX replaced by its byte; what is no %XX stays.
std::string PercentDecode(std::string_view text);

bool EqualsIgnoringCase(std::string_view a, std::string_view b);

// "Not Found" for 404; "Status" for a status without a common name.
std::string_view ReasonPhrase(int status);

}  // namespace simulator
