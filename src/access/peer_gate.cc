#include "access/peer_gate.h"

namespace exporter {

PeerGate::PeerGate(std::size_t limit, std::size_t limit_of_one)
    : limit_(limit), limit_of_one_(limit_of_one) {}

std::shared_ptr<void> PeerGate::Enter(const std::string& peer) {
  {
    const std::lock_guard lock(inside_->mutex);
    const auto found = inside_->by_peer.find(peer);
    const bool is_crowd =
        found != inside_->by_peer.end() && found->second >= limit_of_one_;
    if (is_crowd || inside_->all >= limit_) return nullptr;
    ++inside_->by_peer[peer];
    ++inside_->all;
  }
  return {inside_.get(), [inside = inside_, peer](void*) {
            const std::lock_guard lock(inside->mutex);
            --inside->all;
            if (--inside->by_peer.at(peer) == 0) inside->by_peer.erase(peer);
          }};
}

}  // namespace exporter
