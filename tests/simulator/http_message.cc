#include "http_message.h"

#include <algorithm>
#include <charconv>

namespace simulator {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

// Cuts `text` at the first `end` and returns what stood before it.
std::string_view TakeUntil(std::string_view& text, std::string_view end) {
  const std::size_t at = text.find(end);
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size()
                                                  : at + end.size());
  return taken;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = Lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The request line and the headers; false if they are not HTTP/1.x.
bool ParseHead(std::string_view head, Request& request) {
  std::string_view line = TakeUntil(head, "\r\n");
  request.method = TakeUntil(line, " ");
  request.query = TakeUntil(line, " ");
  request.path = TakeUntil(request.query, "?");
  if (!line.starts_with("HTTP/1.") || !request.path.starts_with('/')) {
    return false;
  }
  request.keep_alive = line != "HTTP/1.0";
  request.headers.clear();
  while (!head.empty()) {
    line = TakeUntil(head, "\r\n");
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return false;
    request.headers.push_back(
        {line.substr(0, colon), Trim(line.substr(colon + 1))});
  }
  return true;
}

}  // namespace

std::string_view Request::Find(std::string_view name) const {
  for (const Header& header : headers) {
    if (EqualsIgnoringCase(header.name, name)) return header.value;
  }
  return {};
}

std::optional<std::string> Request::Parameter(std::string_view name) const {
  std::string_view rest = query;
  while (!rest.empty()) {
    std::string_view value = TakeUntil(rest, "&");
    if (TakeUntil(value, "=") == name) return PercentDecode(value);
  }
  return std::nullopt;
}

Parsed ParseRequest(std::string_view input, Request& request) {
  const std::size_t head = input.find("\r\n\r\n");
  if (head == std::string_view::npos) return {ParseState::kIncomplete};
  if (!ParseHead(input.substr(0, head + 2), request)) {
    return {ParseState::kBad};
  }
  std::size_t length = 0;
  bool waits = false;
  for (const Request::Header& header : request.headers) {
    const std::string_view value = header.value;
    if (EqualsIgnoringCase(header.name, "content-length")) {
      const char* end = value.data() + value.size();
      const auto [rest, error] = std::from_chars(value.data(), end, length);
      if (error != std::errc() || rest != end) return {ParseState::kBad};
    } else if (EqualsIgnoringCase(header.name, "transfer-encoding")) {
      return {ParseState::kBad};
    } else if (EqualsIgnoringCase(header.name, "expect")) {
      waits = EqualsIgnoringCase(value, "100-continue");
    } else if (EqualsIgnoringCase(header.name, "connection")) {
      if (EqualsIgnoringCase(value, "close")) request.keep_alive = false;
      if (EqualsIgnoringCase(value, "keep-alive")) request.keep_alive = true;
    }
  }
  const std::size_t start = head + 4;
  if (input.size() - start < length) {
    return {waits ? ParseState::kContinue : ParseState::kIncomplete};
  }
  request.body = input.substr(start, length);
  return {ParseState::kComplete, start + length};
}

std::string PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = HexDigit(text[i + 1]);
      const int low = HexDigit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        decoded += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    decoded += text[i];
  }
  return decoded;
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 302:
      return "Found";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

}  // namespace simulator
