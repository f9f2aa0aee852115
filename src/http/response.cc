#include "http/response.h"

#include "base/time_format.h"

namespace exporter {
std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
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
    case 503:
      return "Service Unavailable";
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

std::string FormatHead(const ServeResponse& response, bool keep_alive,
                       WallTime now) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head.append(ReasonPhrase(response.status)).append("\r\n");
  const auto add = [&head](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  add("Content-Type", response.content_type);
  add("Content-Length", std::to_string(response.body.size()));
  add("Date", FormatHttpDate(now));
  for (const auto& [name, value] : response.headers) add(name, value);
  if (!keep_alive) add("Connection", "close");
  return head += "\r\n";
}

}  // namespace exporter
