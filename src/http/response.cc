#include "http/response.h"

namespace exporter {

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
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 417:
      return "Expectation Failed";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

ServeResponse StatusResponse(int status) {
  ServeResponse response{.status = status};
  response.body =
      std::to_string(status) + " " + std::string(ReasonPhrase(status)) + "\n";
  return response;
}

ServeResponse StatusResponse(int status, std::string_view why) {
  ServeResponse response = StatusResponse(status);
  response.body.pop_back();
  response.body.append(": ").append(why).append("\n");
  return response;
}

std::string FormatHead(const ServeResponse& response,
                       std::optional<std::uint64_t> body_bytes, bool keep_alive,
                       std::string_view date) {
  constexpr std::size_t kUsualSize = 320;
  std::string head;
  head.reserve(kUsualSize);
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  head.append(ReasonPhrase(response.status)).append("\r\n");
  const auto add = [&head](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  add("Content-Type", response.content_type);
  if (body_bytes) add("Content-Length", std::to_string(*body_bytes));
  add("Date", date);
  for (const auto& [name, value] : response.headers) add(name, value);
  if (!keep_alive) add("Connection", "close");
  return head += "\r\n";
}

}  // namespace exporter
