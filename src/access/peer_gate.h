#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace exporter {

// Lets at most `limit` in at once, and of each peer at most `limit_of_one`: a
// crowd from one address leaves room for the others. Safe for concurrent use.
class PeerGate {
 public:
  PeerGate(std::size_t limit, std::size_t limit_of_one);

  // As Gate::Enter, for `peer`.
  [[nodiscard]] std::shared_ptr<void> Enter(const std::string& peer);

 private:
  struct Inside {
    std::mutex mutex;  // Guards what follows.
    std::size_t all = 0;
    std::map<std::string, std::size_t> by_peer;  // None of them 0.
  };

  std::size_t limit_;
  std::size_t limit_of_one_;
  std::shared_ptr<Inside> inside_ = std::make_shared<Inside>();
};

}  // namespace exporter
