#include "tasks.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

namespace simulator {
namespace {

using std::chrono::milliseconds;

constexpr Time kStart(milliseconds(1'800'000'000'000));

// The life of one dataset over `tasks` periods, looked at a hundred times each.
std::vector<Task> Watch(std::uint64_t seed, std::size_t tasks,
                        const TaskLife& life) {
  std::vector<Task> seen;
  seen.reserve(100 * tasks);
  for (std::size_t i = 0; i < 100 * tasks; ++i) {
    seen.push_back(
        TaskAt(seed, kStart + static_cast<int>(i) * life.period / 100, life));
  }
  return seen;
}

TEST(TasksTest, GoFromQueuingToTheirEndInOrder) {
  const std::map<std::string_view, int> order = {{"QUEUING", 0},
                                                 {"STARTING", 1},
                                                 {"RUNNING", 2},
                                                 {"COMPLETED", 3},
                                                 {"FAILED", 3}};
  const std::vector<Task> seen = Watch(Seed("p/a"), 50, {});

  for (std::size_t i = 1; i < seen.size(); ++i) {
    if (seen[i].number == seen[i - 1].number) {
      EXPECT_GE(order.at(seen[i].status), order.at(seen[i - 1].status));
      EXPECT_GE(seen[i].duration, seen[i - 1].duration);
    } else {
      EXPECT_EQ(seen[i].number, seen[i - 1].number + 1);
      EXPECT_EQ(seen[i].status, "QUEUING");
    }
  }
}

TEST(TasksTest, ChangeTheSamplesByTheirCountsAndNothingElseDoes) {
  const std::vector<Task> seen = Watch(Seed("p/a"), 50, {});
  std::int64_t before = seen.front().total;
  bool began = false;  // The first task was not seen from its start.

  for (std::size_t i = 1; i < seen.size(); ++i) {
    if (seen[i].number != seen[i - 1].number) {
      before = seen[i - 1].total;
      began = true;
    }
    if (began) {
      EXPECT_EQ(seen[i].total, before + seen[i].added - seen[i].deleted);
    }
  }
}

TEST(TasksTest, FailAsOftenAsAskedAndThenNameACode) {
  std::map<std::string_view, int> count;
  for (const Task& task : Watch(Seed("p/a"), 500, {.failed_percent = 25})) {
    ++count[task.status];
    EXPECT_EQ(task.error_code.empty(), task.status != "FAILED");
  }

  // A quarter of 500 tasks, each settled for half of its hundred looks.
  EXPECT_NEAR(count["FAILED"], 6250, 1500);
}

TEST(TasksTest, AreActiveForThePercentageOfDatasetsThatIsAsked) {
  int active = 0;
  for (int i = 0; i < 10'000; ++i) {
    const Task task =
        TaskAt(Seed("p/" + std::to_string(i)), kStart, {.active_percent = 2});
    active += task.status == "QUEUING" || task.status == "STARTING" ||
              task.status == "RUNNING";
  }

  EXPECT_NEAR(active, 200, 50);
}

TEST(TasksTest, AreWrittenAsTheApiDocumentsThem) {
  std::string body;
  AppendTaskJson(body,
                 {.status = "FAILED",
                  .error_code = "ModelArts.4360",
                  .error_message = "Sync data source error",
                  .number = 7,
                  .total = 10,
                  .added = 2,
                  .deleted = 1,
                  .created = kStart,
                  .duration = std::chrono::seconds(3)},
                 R"("a\"b")");

  EXPECT_EQ(nlohmann::json::parse(body),
            nlohmann::json({{"dataset_id", "a\"b"},
                            {"status", "FAILED"},
                            {"task_id", "task-7"},
                            {"create_time", 1'800'000'000'000},
                            {"total_sample_count", 10},
                            {"add_sample_count", 2},
                            {"deleted_sample_count", 1},
                            {"duration_time", 3},
                            {"error_code", "ModelArts.4360"},
                            {"error_msg", "Sync data source error"}}));
}

}  // namespace
}  // namespace simulator
