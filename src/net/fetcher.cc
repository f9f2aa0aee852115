#include "net/fetcher.h"

#include "base/header_text.h"

namespace exporter {

std::string_view Header(const HttpReply& reply, std::string_view name) {
  for (const auto& [key, value] : reply.headers) {
    if (EqualsIgnoringCase(key, name)) return value;
  }
  return {};
}

}  // namespace exporter
