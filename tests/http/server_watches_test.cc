// What the server does when the kernel watches no more sockets.

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>

#include "test_server.h"

namespace {

std::atomic<bool> no_more_watches = false;

}  // namespace

// In the place of the C library's; fs.epoll.max_user_watches is the machine's.
extern "C" int epoll_ctl(int epoll, int change, int fd,
                         epoll_event* event) noexcept {
  if (change == EPOLL_CTL_ADD && no_more_watches) {
    errno = ENOSPC;
    return -1;
  }
  return static_cast<int>(syscall(SYS_epoll_ctl, epoll, change, fd, event));
}

namespace exporter {
namespace {

using namespace std::chrono_literals;

TEST(ServerWatchesTest, ListensAgainOnceTheKernelHasSomeLeft) {
  TestServer server({PlainRoute()});

  no_more_watches = true;
  EXPECT_TRUE(server.Connect().ClosedByServer());
  std::this_thread::sleep_for(150ms);  // The server tries to listen, in vain.
  no_more_watches = false;

  EXPECT_EQ(server.Connect().Get("/").status, 200);
}

}  // namespace
}  // namespace exporter
