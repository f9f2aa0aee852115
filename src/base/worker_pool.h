#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace exporter {

// Runs tasks on threads that are started when they are first needed, at most
// `max_threads` of them; tasks beyond that wait in one of two lines. Safe for
// concurrent use.
class WorkerPool {
 public:
  using Task = std::function<void()>;

  // Throws std::system_error when the system has no thread for the first one.
  explicit WorkerPool(std::size_t max_threads);
  // Waits for the tasks that run; drops those in line, and what they post.
  ~WorkerPool();

  void Post(Task task);
  // Lets those go first that are posted as above, but only some of them while
  // it waits: for the many pieces of something large.
  void PostLast(Task task);

 private:
  void Put(Task task, std::deque<Task>& line);
  std::deque<Task>& NextLine();
  void Work();

  const std::size_t max_threads_;

  std::mutex mutex_;  // Guards what follows.
  std::condition_variable wake_;
  std::deque<Task> tasks_;
  std::deque<Task> last_tasks_;
  std::size_t went_first_ = 0;  // While last_tasks_ waited for its turn.
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace exporter
