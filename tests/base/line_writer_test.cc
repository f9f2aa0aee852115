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

constexpr int kPipeBytes = 4096;
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

  std::string ReadLine() {
    std::string line;
    for (char c = 0; read(reader.Get(), &c, 1) == 1 && c != '\n';) line += c;
    return line;
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
  EXPECT_EQ(pipe.ReadLine(), "one");
  EXPECT_EQ(pipe.ReadLine(), "two");
  EXPECT_EQ(writer.Dropped(), 0U);
}

TEST(LineWriterTest, WaitsForNoReaderAndTellsWhatIsMissing) {
  Pipe pipe;
  LineWriter writer(pipe.writer.Get(), 3000, Notice);
  const std::string line(999, 'x');

  const std::string full(kPipeBytes, '\n');
  ASSERT_EQ(write(pipe.writer.Get(), full.data(), full.size()), kPipeBytes);

  // Three wait, and perhaps one is on its way.
  for (int i = 0; i < 100; ++i) writer.Write(line);
  EXPECT_FALSE(writer.Flush(milliseconds(1)));
  const std::uint64_t dropped = writer.Dropped();

  EXPECT_GE(dropped, 96U);
  for (int i = 0; i < kPipeBytes; ++i) EXPECT_EQ(pipe.ReadLine(), "");
  std::uint64_t whole = 0;
  std::uint64_t told = 0;
  while (whole + told < 100) {
    const std::string next = pipe.ReadLine();
    if (next == line) {
      ++whole;
    } else {
      ASSERT_TRUE(next.ends_with(" dropped")) << next;
      told += std::stoull(next);
    }
  }
  EXPECT_EQ(told, dropped);
  writer.Write("after");
  EXPECT_EQ(pipe.ReadLine(), "after");
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

  for (int i = 0; i < 20; ++i) EXPECT_EQ(pipe.ReadLine(), line);
  EXPECT_EQ(pipe.ReadLine(), "last");
  EXPECT_EQ(writer.Dropped(), 0U);
}

// The pipe stays, since the thread that is stuck in it does.
TEST(LineWriterTest, EndsWhileItsThreadIsStuck) {
  static auto* const pipe = new Pipe;
  LineWriter writer(pipe->writer.Get(), 100'000, Notice);
  for (int i = 0; i < 20; ++i) writer.Write(std::string(999, 'x'));
}

}  // namespace
}  // namespace exporter
