// The bytes of a connection come from whoever reaches the port.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "access/basic_auth.h"
#include "http/compression.h"
#include "http/request_reader.h"
#include "require.h"

namespace exporter {
namespace {

// What is read from `bytes` if they come `step` at a time, as text.
std::vector<std::string> ReadAll(std::string_view bytes, std::size_t step) {
  std::vector<std::string> requests;
  RequestReader reader({.request_line_bytes = 200,
                        .head_bytes = 400,
                        .headers = 8,
                        .body_bytes = 100});
  while (!bytes.empty()) {
    reader.Append(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    while (const std::optional<ReadRequest> read = reader.Next()) {
      if (const auto* bad = std::get_if<BadRequest>(&*read)) {
        requests.push_back(std::to_string(bad->status) + bad->why);
        return requests;
      }
      const auto& [request, keep_alive, takes_chunks] =
          std::get<WholeRequest>(*read);
      Require(request.path.starts_with('/'));
      Require(request.path.find('\0') == std::string::npos);
      Require((request.path + "/").find("/../") == std::string::npos);
      Require(request.headers.size() <= 8);
      ParseAcceptEncoding(request.Header("Accept-Encoding"));
      ParseBasicCredentials(request.Header("Authorization"));
      requests.push_back(
          request.method + request.path + std::to_string(request.query.size()) +
          std::to_string(request.headers.size()) + std::to_string(keep_alive) +
          std::to_string(takes_chunks));
    }
  }
  return requests;
}

}  // namespace
}  // namespace exporter

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // How the network cuts the bytes up must not matter.
  const auto whole = exporter::ReadAll(bytes, bytes.size());
  if (exporter::ReadAll(bytes, 1) != whole) std::abort();
  if (exporter::ReadAll(bytes, 7) != whole) std::abort();
  return 0;
}
