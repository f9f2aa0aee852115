#include "base/line_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <future>
#include <string>

#include "base/file_descriptor.h"

namespace exporter {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kPipeBytes = 4096;
constexpr seconds kLong{20};

std::string Notice(std::uint64_t dropped) {
  return std::to_string(dropped) + " dropped";
}

struct Pipe {
  explicit Pipe(int flags = 0) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC | flags) != 0) throw std::bad_alloc();
    reader = FileDescriptor(ends[0]);
    writer = FileDescriptor(ends[1]);
    fcntl(writer.Get(), F_SETPIPE_SZ, kPipeBytes);
  }

  // All that comes, until a line is `last`.
  std::string ReadUntil(const std::string& last) {
    std::string text;
    std::array<char, 512> piece{};
    while (!text.ends_with(last + "\n")) {
      const ssize_t size = read(reader.Get(), piece.data(), piece.size());
      if (size <= 0) break;
      text.append(piece.data(), static_cast<std::size_t>(size));
    }
    return text;
  }

  FileDescriptor reader;
  FileDescriptor writer;
};

TEST(LineWriterTest, WritesLinesInTheirOrder) {
  Pipe pipe;
  LineWriter writer(pipe.writer.Get(), 1000, Notice);

  writer.Write("one");
  writer.Write("two");

  EXPECT_TRUE(writer.Flush(kLong));
  EXPECT_EQ(pipe.ReadUntil("two"), "one\ntwo\n");
  EXPECT_EQ(writer.Dropped(), 0U);
}

TEST(LineWriterTest, WaitsForNoReaderAndTellsWhatIsMissing) {
  Pipe pipe;
  LineWriter writer(pipe.writer.Get(), 3000, Notice);
  const std::string line(999, 'x');

  // Four fit into the pipe, and one at least is on its way; the others wait.
  for (int i = 0; i < 100; ++i) writer.Write(line);
  EXPECT_FALSE(writer.Flush(milliseconds(1)));
  const std::uint64_t dropped = writer.Dropped();

  EXPECT_GE(dropped, 92U);
  const std::string notice = std::to_string(dropped) + " dropped";
  const std::string text = pipe.ReadUntil(notice);
  EXPECT_EQ(text.size(), (100 - dropped) * 1000 + notice.size() + 1);
  writer.Write("after");
  EXPECT_EQ(pipe.ReadUntil("after"), "after\n");
}

TEST(LineWriterTest, CountsWhatIsRefusedAndGoesOn) {
  const FileDescriptor full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full);
  LineWriter writer(full.Get(), 1000, Notice);

  writer.Write("one");
  writer.Write("two");

  EXPECT_TRUE(writer.Flush(kLong));
  EXPECT_EQ(writer.Dropped(), 2U);
}

TEST(LineWriterTest, OutlivesItsReader) {
  (void)std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  LineWriter writer(pipe.writer.Get(), 1000, Notice);
  pipe.reader = FileDescriptor();

  writer.Write("one");

  EXPECT_TRUE(writer.Flush(kLong));
  EXPECT_EQ(writer.Dropped(), 1U);
}

TEST(LineWriterTest, WaitsForADescriptorThatSomebodyMadeNonBlocking) {
  Pipe pipe;
  fcntl(pipe.writer.Get(), F_SETFL, O_NONBLOCK);
  LineWriter writer(pipe.writer.Get(), 100'000, Notice);
  const std::string line(999, 'x');

  for (int i = 0; i < 20; ++i) writer.Write(line);
  writer.Write("last");

  EXPECT_EQ(pipe.ReadUntil("last").size(), 20'005U);
  EXPECT_EQ(writer.Dropped(), 0U);
}

// The pipe stays, since the thread that is stuck in it does.
TEST(LineWriterTest, EndsWhileItsThreadIsStuck) {
  static Pipe pipe;
  LineWriter writer(pipe.writer.Get(), 100'000, Notice);
  for (int i = 0; i < 20; ++i) writer.Write(std::string(999, 'x'));
}

}  // namespace
}  // namespace exporter
