#include "config/shard_ordinal.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>

namespace exporter {

std::optional<std::uint32_t> OrdinalOf(std::string_view pod_name) {
  const std::size_t dash = pod_name.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view digits = pod_name.substr(dash + 1);
  std::uint32_t ordinal = 0;
  const char* end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, ordinal);
  if (error != std::errc() || rest != end) return std::nullopt;
  return ordinal;
}

std::optional<std::uint32_t> OrdinalOfThisPod() {
  for (const char* variable : {"POD_NAME", "HOSTNAME"}) {
    const char* name = std::getenv(variable);
    if (name == nullptr) continue;
    if (const auto ordinal = OrdinalOf(name)) return ordinal;
  }
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) return std::nullopt;
  return OrdinalOf(host.data());
}

}  // namespace exporter
