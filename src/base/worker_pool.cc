#include "base/worker_pool.h"

#include <system_error>
#include <utility>

#include "base/quiet_thread.h"

namespace exporter {
namespace {

// So many tasks go before one of those that are to be last.
constexpr std::size_t kGoFirst = 8;

}  // namespace

WorkerPool::WorkerPool(std::size_t max_threads) : max_threads_(max_threads) {
  threads_.push_back(StartQuietThread([this] { Work(); }));
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::Post(Task task) { Put(std::move(task), tasks_); }

void WorkerPool::PostLast(Task task) { Put(std::move(task), last_tasks_); }

void WorkerPool::Put(Task task, std::deque<Task>& line) {
  std::unique_lock lock(mutex_);
  if (stopping_) return;  // The threads are counted by now.
  line.push_back(std::move(task));
  if (tasks_.size() + last_tasks_.size() > idle_ &&
      threads_.size() < max_threads_) {
    try {
      threads_.push_back(StartQuietThread([this] { Work(); }));
    } catch (const std::system_error&) {
      // The system is short of threads: the task waits for one we have.
    }
  }
  lock.unlock();  // Or whoever wakes up would wait for that.
  wake_.notify_one();
}

// REQUIRES: there is a task.
std::deque<WorkerPool::Task>& WorkerPool::NextLine() {
  if (last_tasks_.empty()) return tasks_;
  if (!tasks_.empty() && went_first_ < kGoFirst) {
    ++went_first_;
    return tasks_;
  }
  went_first_ = 0;
  return last_tasks_;
}

void WorkerPool::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wake_.wait(lock, [this] {
      return stopping_ || !tasks_.empty() || !last_tasks_.empty();
    });
    --idle_;
    if (stopping_) return;
    std::deque<Task>& line = NextLine();
    Task task = std::move(line.front());
    line.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // What it holds is let go without the lock.
    lock.lock();
  }
}

}  // namespace exporter
