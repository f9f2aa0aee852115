// Sync tasks that live: QUEUING, STARTING, RUNNING with counts that grow, then
// COMPLETED or FAILED, and after a while the next one.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server_clock.h"

namespace simulator {

struct TaskLife {
  std::chrono::milliseconds period{60'000};  // From one task to the next.
  unsigned active_percent = 50;  // Of the datasets, at any time, not settled.
  unsigned failed_percent = 10;  // Of the tasks.
  unsigned never_synced_percent = 0;  // Of the datasets; they are NOT_EXIST.
};

struct Task {
  std::string_view status;
  std::string_view error_code;     // Empty unless it failed.
  std::string_view error_message;  // Likewise.
  std::uint64_t number;            // Makes the task_id.
  std::int64_t total, added, deleted;
  Time created;
  std::optional<std::chrono::seconds> duration;  // None until it runs.
};

// The latest task of the dataset with this `seed`. Depends on the arguments
// alone, so that every run of the program tells the same story.
Task TaskAt(std::uint64_t seed, Time now, const TaskLife& life);

// Appends `task` as the API writes it; `json_id` is the dataset's id as a JSON
// string, quotes included.
void AppendTaskJson(std::string& body, const Task& task,
                    std::string_view json_id);

// A number that differs for different texts, the same in every run.
std::uint64_t Seed(std::string_view text);

}  // namespace simulator
