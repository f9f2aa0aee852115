#include "cloud/gateway_limit.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

namespace exporter {
namespace {

using std::chrono::milliseconds;

// Takes a number of 1 to 1,000,000 from the front of `text`; 0 if there is
// none.
int TakeCount(std::string_view& text) {
  int number = 0;
  const auto [rest, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 1 || number > 1'000'000) return 0;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  return number;
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
  const int requests = TakeCount(text);
  if (requests == 0 || !text.starts_with(kTime)) return limit;
  text.remove_prefix(kTime.size());
  const int count = std::min(TakeCount(text), 1000);
  for (const auto& [name, unit] : kUnits) {
    if (count == 0 || !text.starts_with(name)) continue;
    limit.requests = requests;
    limit.window =
        std::min<milliseconds>(unit * count, std::chrono::hours(24 * 30));
    break;
  }
  return limit;
}

}  // namespace exporter
