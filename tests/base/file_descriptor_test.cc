#include "base/file_descriptor.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace exporter {
namespace {

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) != -1; }

TEST(FileDescriptorTest, ClosesOnceWhoeverOwnsItLast) {
  FileDescriptor outer;
  EXPECT_FALSE(outer);
  int number = -1;
  {
    FileDescriptor first(open("/dev/null", O_RDONLY | O_CLOEXEC));
    number = first.Get();
    FileDescriptor second(std::move(first));
    outer = std::move(second);
  }
  EXPECT_TRUE(outer);
  EXPECT_EQ(outer.Get(), number);
  EXPECT_TRUE(IsOpen(number));

  outer = FileDescriptor();
  EXPECT_FALSE(IsOpen(number));
}

}  // namespace
}  // namespace exporter
