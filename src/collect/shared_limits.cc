#include "collect/shared_limits.h"

namespace exporter {
namespace {

template <typename T, typename Make>
std::shared_ptr<T> Find(std::map<std::string, std::weak_ptr<T>>& by_name,
                        const std::string& name, const Make& make) {
  std::erase_if(by_name, [](const auto& one) { return one.second.expired(); });
  std::weak_ptr<T>& known = by_name[name];
  std::shared_ptr<T> found = known.lock();
  if (!found) {
    found = make();
    known = found;
  }
  return found;
}

}  // namespace

std::shared_ptr<Breaker> SharedLimits::BreakerOf(const std::string& name,
                                                 bool lockable) {
  return Find(breakers_, name,
              [&] { return std::make_shared<Breaker>(lockable); });
}

std::shared_ptr<Breaker> SharedLimits::BreakerOfProxy(const Secret& proxy_url) {
  std::erase_if(proxies_, [](const auto& one) { return one.second.expired(); });
  for (const auto& [known_url, known] : proxies_) {
    if (known_url == proxy_url) return known.lock();
  }
  auto breaker = std::make_shared<Breaker>(true);
  proxies_.emplace_back(proxy_url, breaker);
  return breaker;
}

std::shared_ptr<LoginGate> SharedLimits::LoginsOf(const std::string& account) {
  return Find(logins_, account, [] { return std::make_shared<LoginGate>(); });
}

std::shared_ptr<KeyService> SharedLimits::KeysOf(const std::string& account) {
  return Find(keys_, account, [] { return std::make_shared<KeyService>(); });
}

std::shared_ptr<Limit> SharedLimits::LimitOf(const std::string& name) {
  return Find(limits_, name, [] { return std::make_shared<Limit>(); });
}

void SharedLimits::Reloaded() {
  for (const auto& [account, known] : logins_) {
    if (const auto logins = known.lock()) logins->Reloaded();
  }
}

}  // namespace exporter
