#include "base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <string>

namespace exporter {
namespace {

TEST(WorkerPoolTest, RunsAsManyAtOnceAsItHasThreads) {
  std::latch all_inside(3);
  std::latch done(3);
  WorkerPool pool(3);

  for (int i = 0; i < 3; ++i) {
    pool.Post([&] {
      all_inside.arrive_and_wait();
      done.count_down();
    });
  }

  done.wait();
}

TEST(WorkerPoolTest, KeepsTheOthersInLine) {
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::latch done(200);
  WorkerPool pool(2);

  for (int i = 0; i < 200; ++i) {
    pool.Post([&] {
      const int now = ++inside;
      int seen = most;
      while (now > seen && !most.compare_exchange_weak(seen, now)) {
      }
      --inside;
      done.count_down();
    });
  }

  done.wait();
  EXPECT_LE(most, 2);
}

TEST(WorkerPoolTest, LetsWhatIsToBeLastWait) {
  std::latch begun(1);
  std::latch all_posted(1);
  std::latch done(6);
  std::string order;
  WorkerPool pool(1);
  pool.Post([&] {
    begun.count_down();
    all_posted.wait();
  });
  begun.wait();

  for (const char letter : {'a', 'b', 'c'}) {
    pool.PostLast([&, last = static_cast<char>(letter + 3)] {
      order += last;
      done.count_down();
    });
    pool.Post([&, letter] {
      order += letter;
      done.count_down();
    });
  }
  all_posted.count_down();

  done.wait();
  EXPECT_EQ(order, "abcdef");
}

}  // namespace
}  // namespace exporter
