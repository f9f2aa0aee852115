// Holds what projects share of what was learned. Those of one account: whether
// their credentials are accepted, when IAM or the service that hands out their
// keys may be asked, and, of those at the same endpoint, how fast it answers.
// Those that name the same proxy, whatever the account: whether it takes the
// password.
// Not safe for concurrent use.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/secret.h"
#include "collect/backoff.h"
#include "collect/breaker.h"
#include "collect/instant.h"
#include "collect/login_gate.h"
#include "collect/throttle.h"

namespace exporter {

// A limit of the cloud, and the last refusal that told of it.
struct Limit {
  Throttle throttle;
  std::shared_ptr<const Error> why = {};
};

// A service that hands out the temporary keys of one account.
struct KeyService {
  Backoff backoff;
  SteadyTime give_up_not_before{};  // A key of it that is refused.
};

// Each is found by name, and kept as long as a project uses it.
class SharedLimits {
 public:
  std::shared_ptr<Breaker> BreakerOf(const std::string& name, bool lockable);
  std::shared_ptr<LoginGate> LoginsOf(const std::string& account);
  // A secret: it may name a user and a password.
  std::shared_ptr<Breaker> BreakerOfProxy(const Secret& proxy_url);
  std::shared_ptr<KeyService> KeysOf(const std::string& account);
  std::shared_ptr<Limit> LimitOf(const std::string& name);

  // A person had the configuration loaded again.
  void Reloaded();

 private:
  template <typename T>
  using ByName = std::map<std::string, std::weak_ptr<T>>;
  ByName<Breaker> breakers_;
  std::vector<std::pair<Secret, std::weak_ptr<Breaker>>> proxies_;
  ByName<LoginGate> logins_;
  ByName<KeyService> keys_;
  ByName<Limit> limits_;
};

}  // namespace exporter
