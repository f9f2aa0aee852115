#include "auth/proof.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace exporter {

std::vector<Secret> SecretsOf(const HttpRequest& request) {
  constexpr std::string_view kAccess = "Access=";
  std::vector<Secret> secrets;
  for (const auto& [name, value] : request.headers) {
    if (name == "X-Auth-Token" || name == "X-Security-Token") {
      secrets.emplace_back(value);
    } else if (name == "Authorization") {
      secrets.emplace_back(value);
      const std::size_t id = value.find(kAccess);
      if (id == std::string::npos) continue;
      const std::size_t begin = id + kAccess.size();
      secrets.emplace_back(value.substr(begin, value.find(',', begin) - begin));
    }
  }
  return secrets;
}

}  // namespace exporter
