#include "http/reply_queue.h"

#include <utility>

namespace exporter {

ReplyQueue::ReplyQueue(std::function<void(Posted&&)> deliver,
                       std::function<void(Posted&&)> pass_on)
    : deliver_(std::move(deliver)), pass_on_(std::move(pass_on)) {}

void ReplyQueue::Post(ConnectionId id, Reply&& reply) {
  Put({id, std::move(reply), false});
}

void ReplyQueue::PostOwn(ConnectionId id, ServeResponse response, bool close) {
  Put({id, {.response = std::move(response), .close = close}, true});
}

void ReplyQueue::Put(Posted&& posted) {
  if (owner_ == std::this_thread::get_id()) return deliver_(std::move(posted));
  const std::lock_guard lock(mutex_);
  if (pass_on_) pass_on_(std::move(posted));
}

void ReplyQueue::Close() {
  const std::lock_guard lock(mutex_);
  owner_ = std::thread::id();
  pass_on_ = nullptr;
}

}  // namespace exporter
