#include "base/line_writer.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/quiet_thread.h"

namespace exporter {
namespace {

// False if the descriptor refused a part of it.
bool WriteWhole(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      // Whoever shares the descriptor with us made it non-blocking.
      pollfd room{.fd = fd, .events = POLLOUT, .revents = 0};
      poll(&room, 1, -1);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

struct LineWriter::Queue {
  Queue(int to, std::size_t most, Notice make_notice)
      : fd(to), most_bytes(most), notice(std::move(make_notice)) {}

  const int fd;
  const std::size_t most_bytes;
  const Notice notice;

  std::mutex mutex;  // Guards what follows. Not held while a line is written.
  std::condition_variable changed;
  std::deque<std::string> lines;
  std::size_t bytes = 0;
  std::uint64_t dropped = 0;
  std::uint64_t told = 0;  // Of those dropped, how many a notice spoke of.
  bool has_thread = false;
  bool writing = false;  // A line that was taken out of the queue.
  bool refused = false;  // The last line that was written.
  bool abandoned = false;

  void Push(std::string line) {
    line += '\n';
    bytes += line.size();
    lines.push_back(std::move(line));
  }

  // A descriptor that refuses lines need not be told that it did.
  [[nodiscard]] bool OwesNotice() const { return dropped != told && !refused; }
  [[nodiscard]] bool IsIdle() const {
    return lines.empty() && !OwesNotice() && !writing;
  }
  void PushNotice() { Push(notice(dropped - std::exchange(told, dropped))); }

  // REQUIRES: `lock` is held, and something is to be written. It is held again
  // afterwards.
  void WriteNext(std::unique_lock<std::mutex>& lock) {
    if (lines.empty()) PushNotice();
    const std::string line = std::move(lines.front());
    lines.pop_front();
    bytes -= line.size();
    writing = true;
    lock.unlock();
    const bool taken = WriteWhole(fd, line);
    lock.lock();
    writing = false;
    refused = !taken;
    if (refused) ++dropped;
    changed.notify_all();
  }

  void Run() {
    std::unique_lock lock(mutex);
    while (!abandoned) {
      if (IsIdle()) {
        changed.wait(lock);
      } else {
        WriteNext(lock);
      }
    }
  }
};

LineWriter::LineWriter(int fd, std::size_t most_bytes, Notice notice)
    : queue_(std::make_shared<Queue>(fd, most_bytes, std::move(notice))) {}

LineWriter::~LineWriter() {
  const std::lock_guard lock(queue_->mutex);
  queue_->abandoned = true;
  queue_->changed.notify_all();
}

void LineWriter::Write(std::string line) {
  std::unique_lock lock(queue_->mutex);
  if (queue_->bytes + line.size() >= queue_->most_bytes) {
    ++queue_->dropped;
    return;
  }
  if (queue_->OwesNotice()) queue_->PushNotice();
  queue_->Push(std::move(line));
  if (!queue_->has_thread) {
    try {
      StartQuietThread([queue = queue_] { queue->Run(); }).detach();
      queue_->has_thread = true;
    } catch (const std::system_error&) {
      while (!queue_->IsIdle()) queue_->WriteNext(lock);
    }
  }
  queue_->changed.notify_all();
}

bool LineWriter::Flush(std::chrono::milliseconds at_most) {
  std::unique_lock lock(queue_->mutex);
  return queue_->changed.wait_for(lock, at_most,
                                  [this] { return queue_->IsIdle(); });
}

std::uint64_t LineWriter::Dropped() const {
  const std::lock_guard lock(queue_->mutex);
  return queue_->dropped;
}

}  // namespace exporter
