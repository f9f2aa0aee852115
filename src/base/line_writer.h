#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace exporter {

// Writes lines to a descriptor that may take them late or never: a pipe that
// nobody reads, a log driver that blocks. Whoever has a line never waits; what
// the descriptor does not take stands in a bounded queue, and what does not fit
// there is dropped and counted.
//
// It costs one thread, which begins with the first line. Where the system has
// none to give, lines are written by whoever has them.
//
// Safe for concurrent use.
class LineWriter {
 public:
  // The line that stands where `dropped` lines are missing.
  using Notice = std::function<std::string(std::uint64_t dropped)>;

  // `fd` is not owned. At most `most_bytes` of lines wait for it.
  LineWriter(int fd, std::size_t most_bytes, Notice notice);

  // Leaves the lines that still wait, and the thread where it is stuck.
  ~LineWriter();
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;

  // `line` without its newline.
  void Write(std::string line);

  // Waits until all lines were taken or refused, at most so long. Whether they
  // were.
  bool Flush(std::chrono::milliseconds at_most);

  // Lines that did not fit into the queue, or that the descriptor refused: its
  // reader is gone, the disk is full.
  [[nodiscard]] std::uint64_t Dropped() const;

 private:
  struct Queue;
  // Shared with the thread, which cannot be joined while it is stuck.
  const std::shared_ptr<Queue> queue_;
};

}  // namespace exporter
