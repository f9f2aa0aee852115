#include "cloud/gateway_limit.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

namespace exporter {
namespace {

using std::chrono::milliseconds;

// Takes a number from the front of `text`, `most` for a larger one; none if
// there is none.
std::optional<int> TakeCount(std::string_view& text, int most) {
  const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
  if (end == 0) return std::nullopt;
  int number = most;
  std::from_chars(text.data(), text.data() + end, number);
  text.remove_prefix(end);
  return std::min(number, most);
}

}  // namespace

GatewayLimit DecodeGatewayLimit(const HttpReply& reply) {
  constexpr std::string_view kPolicy = "policy ";
  constexpr std::string_view kLimit = "limit:";
  constexpr std::string_view kTime = ",time:";
  constexpr std::pair<std::string_view, milliseconds> kUnits[] = {
      {" second", std::chrono::seconds(1)},
      {" minute", std::chrono::minutes(1)},
      {" hour", std::chrono::hours(1)},
      {" day", std::chrono::hours(24)}};

  GatewayLimit limit;
  std::string_view text = reply.body;
  if (const auto at = text.find(kPolicy); at != std::string_view::npos) {
    limit.is_of_user = text.substr(at + kPolicy.size()).starts_with("user");
  }
  const auto at = text.find(kLimit);
  if (at == std::string_view::npos) return limit;
  text.remove_prefix(at + kLimit.size());
  const std::optional<int> requests = TakeCount(text, 1'000'000);
  if (!requests || !text.starts_with(kTime)) return limit;
  text.remove_prefix(kTime.size());
  const std::optional<int> count = TakeCount(text, 1000);
  if (!count || *count == 0) return limit;
  for (const auto& [name, unit] : kUnits) {
    if (!text.starts_with(name)) continue;
    limit.requests = requests;
    limit.window =
        std::min<milliseconds>(unit * *count, std::chrono::hours(24 * 30));
    break;
  }
  return limit;
}

}  // namespace exporter
