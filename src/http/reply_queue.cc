#include "http/reply_queue.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace exporter {

ReplyQueue::ReplyQueue() : wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!wake_) {
    throw std::system_error(errno, std::generic_category(), "eventfd");
  }
}

void ReplyQueue::Post(ConnectionId id, Reply reply) {
  Put({id, std::move(reply), false});
}

void ReplyQueue::PostOwn(ConnectionId id, ServeResponse response, bool close) {
  Put({id, {.response = std::move(response), .close = close}, true});
}

void ReplyQueue::Put(Posted posted) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
    posted_.push_back(std::move(posted));
  }
  Wake();
}

std::vector<ReplyQueue::Posted> ReplyQueue::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(posted_, {});
}

void ReplyQueue::Close() {
  std::vector<Posted> dropped;  // What it holds is let go without the lock.
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  dropped.swap(posted_);
}

void ReplyQueue::Wake() const { eventfd_write(wake_.Get(), 1); }

void ReplyQueue::ClearWake() const {
  eventfd_t ignored = 0;
  eventfd_read(wake_.Get(), &ignored);
}

}  // namespace exporter
