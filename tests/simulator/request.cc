#include "request.h"

#include <algorithm>
#include <charconv>

#include "base/header_text.h"

namespace simulator {
namespace {

// Cuts `text` at the first `end` and returns what stood before it.
std::string_view TakeUntil(std::string_view& text, char end) {
  const std::string_view taken = text.substr(0, text.find(end));
  text.remove_prefix(std::min(taken.size() + 1, text.size()));
  return taken;
}

}  // namespace

Request::Request(const exporter::ServeRequest& request)
    : method(request.method),
      query(request.target),
      body(request.body),
      request_(request) {
  path = TakeUntil(query, '?');
}

std::string_view Request::Find(std::string_view name) const {
  for (const auto& [key, value] : request_.headers) {
    if (exporter::EqualsIgnoringCase(key, name)) return value;
  }
  return {};
}

std::optional<std::string> Request::Parameter(std::string_view name) const {
  std::string_view rest = query;
  while (!rest.empty()) {
    std::string_view value = TakeUntil(rest, '&');
    if (TakeUntil(value, '=') == name) return PercentDecode(value);
  }
  return std::nullopt;
}

std::string PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const char* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      decoded += static_cast<char>(byte);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

}  // namespace simulator
