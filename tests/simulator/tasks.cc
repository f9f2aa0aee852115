#include "tasks.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace simulator {
namespace {

struct Failure {
  std::string_view code, message;
};
constexpr std::array<Failure, 3> kFailures = {{
    {"ModelArts.4360", "Sync data source error"},
    {"ModelArts.4342", "OBS path does not exist"},
    {"ModelArts.4711", "Number of samples exceeds the limit"},
}};

// Of the active time: waiting in the queue, and then starting.
constexpr std::int64_t kQueuedPercent = 10;
constexpr std::int64_t kStartingPercent = 10;

// splitmix64: each (seed, number) has its own well-mixed value.
std::uint64_t Mix(std::uint64_t seed, std::uint64_t number) {
  std::uint64_t z = seed + number * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

bool Fails(std::uint64_t seed, std::uint64_t number, const TaskLife& life) {
  return Mix(seed ^ 0xF1U, number) % 100 < life.failed_percent;
}

// Samples beyond the dataset's least number after task `number`. A failed task
// changes nothing.
std::int64_t Level(std::uint64_t seed, std::uint64_t number,
                   const TaskLife& life) {
  constexpr int kFarEnough = 8;
  for (int back = 0; back < kFarEnough && Fails(seed, number, life); ++back) {
    --number;
  }
  return static_cast<std::int64_t>(Mix(seed ^ 0x1EU, number) % 2000);
}

void AppendInteger(std::string& body, std::string_view key,
                   std::int64_t value) {
  std::array<char, 20> digits;
  char* end =
      std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  body.append(key).append(digits.data(), end);
}

}  // namespace

Task TaskAt(std::uint64_t seed, Time now, const TaskLife& life) {
  if (Mix(seed, 0) % 100 < life.never_synced_percent) {
    Task none{};
    none.status = "NOT_EXIST";
    return none;
  }
  const std::int64_t period = life.period.count();
  const auto phase = static_cast<std::int64_t>(
      Mix(seed, 1) % static_cast<std::uint64_t>(period));
  const std::int64_t since = now.time_since_epoch().count() + phase;
  const auto number = static_cast<std::uint64_t>(since / period);
  const std::int64_t age = since % period;

  Task task{};
  task.number = number;
  task.created = now - std::chrono::milliseconds(age);
  const std::int64_t active = period * life.active_percent / 100;
  const std::int64_t starts = active * kQueuedPercent / 100;
  const std::int64_t runs = starts + active * kStartingPercent / 100;
  const std::int64_t base = 1000 + static_cast<std::int64_t>(seed % 100'000);
  const std::int64_t before = Level(seed, number - 1, life);
  task.total = base + before;
  if (age < runs) {
    task.status = age < starts ? "QUEUING" : "STARTING";
    return task;
  }
  task.duration = std::chrono::floor<std::chrono::seconds>(
      std::chrono::milliseconds(std::min(age, active) - runs));
  const bool fails = Fails(seed, number, life);
  if (fails && age >= active) {
    const Failure& why = kFailures.at(Mix(seed, number) % kFailures.size());
    task.status = "FAILED";
    task.error_code = why.code;
    task.error_message = why.message;
    return task;
  }
  const std::int64_t change = Level(seed, number, life) - before;
  const auto churn = static_cast<std::int64_t>(Mix(seed, number) % 50);
  task.status = "COMPLETED";
  task.added = churn + std::max<std::int64_t>(change, 0);
  task.deleted = churn + std::max<std::int64_t>(-change, 0);
  if (age < active) {
    task.status = "RUNNING";
    task.added = task.added * (age - runs) / (active - runs);
    task.deleted = task.deleted * (age - runs) / (active - runs);
  }
  task.total += task.added - task.deleted;
  return task;
}

void AppendTaskJson(std::string& body, const Task& task,
                    std::string_view json_id) {
  body.append(R"({"dataset_id":)").append(json_id);
  body.append(R"(,"status":")").append(task.status).append("\"");
  if (task.status == "NOT_EXIST") {
    body += '}';
    return;
  }
  AppendInteger(body, R"(,"task_id":"task-)",
                static_cast<std::int64_t>(task.number));
  AppendInteger(body, R"(","create_time":)",
                task.created.time_since_epoch().count());
  AppendInteger(body, R"(,"total_sample_count":)", task.total);
  AppendInteger(body, R"(,"add_sample_count":)", task.added);
  AppendInteger(body, R"(,"deleted_sample_count":)", task.deleted);
  if (task.duration) {
    AppendInteger(body, R"(,"duration_time":)", task.duration->count());
  }
  if (!task.error_code.empty()) {
    body.append(R"(,"error_code":")").append(task.error_code);
    body.append(R"(","error_msg":")").append(task.error_message).append("\"");
  }
  body += '}';
}

std::uint64_t Seed(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;  // FNV-1a
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  }
  return Mix(hash, 0);
}

}  // namespace simulator
