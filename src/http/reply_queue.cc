#include "http/reply_queue.h"

#include <utility>

namespace exporter {

ReplyQueue::ReplyQueue(std::function<void(Posted)> put)
    : put_(std::move(put)) {}

void ReplyQueue::Post(ConnectionId id, Reply reply) {
  Put({id, std::move(reply), false});
}

void ReplyQueue::PostOwn(ConnectionId id, ServeResponse response, bool close) {
  Put({id, {.response = std::move(response), .close = close}, true});
}

void ReplyQueue::Put(Posted posted) {
  const std::lock_guard lock(mutex_);
  if (put_) put_(std::move(posted));
}

void ReplyQueue::Close() {
  const std::lock_guard lock(mutex_);
  put_ = nullptr;
}

}  // namespace exporter
