#pragma once

#include <functional>
#include <thread>

namespace exporter {

// A thread that no signal interrupts: SIGTERM and its like go to the threads
// that wait for them, and writing to a client that is gone (SIGPIPE) is an
// error like any other.
//
// Throws std::system_error when the system has no thread left.
std::thread StartQuietThread(std::function<void()> run);

}  // namespace exporter
