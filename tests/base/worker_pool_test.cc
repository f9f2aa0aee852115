#include "base/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
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

TEST(WorkerPoolTest, LetsNobodyWaitForACrowd) {
  constexpr std::ptrdiff_t kCrowd = 100;
  std::latch begun(1);
  std::latch all_posted(1);
  std::latch done(kCrowd + 2);
  std::string order;
  WorkerPool pool(1);
  pool.Post([&] {
    begun.count_down();
    all_posted.wait();
  });
  begun.wait();

  for (int i = 0; i < 2; ++i) {
    pool.PostLast([&] {
      order += 'x';
      done.count_down();
    });
  }
  for (std::ptrdiff_t i = 0; i < kCrowd; ++i) {
    pool.Post([&] {
      order += '.';
      done.count_down();
    });
  }
  all_posted.count_down();

  done.wait();
  EXPECT_GT(order.find('x'), 3U) << order;
  EXPECT_LT(order.rfind('x'), 50U) << order;
}

// Tells that the thread which has it ends.
struct ThreadEnd {
  ~ThreadEnd() {
    if (told != nullptr) told->count_down();
  }
  std::latch* told = nullptr;
};

TEST(WorkerPoolTest, DropsWhatATaskPostsWhileThePoolEnds) {
  std::latch all_inside(3);
  std::latch pool_ends(1);
  std::atomic<bool> was_run = false;
  {
    WorkerPool pool(8);
    pool.Post([&] {
      all_inside.arrive_and_wait();
      pool_ends.wait();
      pool.Post([&] { was_run = true; });
    });
    pool.Post([&] {
      thread_local ThreadEnd end;
      end.told = &pool_ends;
      all_inside.arrive_and_wait();
    });
    all_inside.arrive_and_wait();
  }
  EXPECT_FALSE(was_run);
}

}  // namespace
}  // namespace exporter
