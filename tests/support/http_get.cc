#include "support/http_get.h"

#include <httplib.h>

namespace exporter {

HttpAnswer HttpGet(std::uint16_t port, const std::string& target,
                   const std::multimap<std::string, std::string>& headers) {
  httplib::ClientImpl client("127.0.0.1", port);
  client.set_read_timeout(10);
  client.set_decompress(false);
  const httplib::Result result =
      client.Get(target, httplib::Headers(headers.begin(), headers.end()));
  if (!result) return {};
  return {.status = result->status,
          .body = result->body,
          .headers = {result->headers.begin(), result->headers.end()}};
}

}  // namespace exporter
