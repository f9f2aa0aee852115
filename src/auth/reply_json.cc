#include "auth/reply_json.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace exporter {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{256} * 1024;
constexpr int kMaxDepth = 32;

bool IsShallow(std::string_view text) {
  int depth = 0;
  bool is_in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (is_in_string) {
      if (c == '\\') ++at;
      if (c == '"') is_in_string = false;
    } else if (c == '"') {
      is_in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) return false;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return true;
}

}  // namespace

nlohmann::json ParseReply(std::string_view body) {
  if (body.size() > kMaxBytes || !IsShallow(body)) {
    return nlohmann::json::object();
  }
  // Without exceptions, since what they say quotes the body.
  nlohmann::json parsed = nlohmann::json::parse(body, nullptr, false);
  if (!parsed.is_object()) return nlohmann::json::object();
  return parsed;
}

}  // namespace exporter
