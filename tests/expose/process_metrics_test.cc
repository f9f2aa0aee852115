#include "expose/process_metrics.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace exporter {
namespace {

namespace fs = std::filesystem;

// The values by name. Fails where a name occurs twice.
std::map<std::string, double> ValuesOf(
    const std::vector<prometheus::MetricFamily>& families) {
  std::map<std::string, double> values;
  for (const prometheus::MetricFamily& family : families) {
    const prometheus::ClientMetric& metric = family.metric.at(0);
    const bool counter = family.type == prometheus::MetricType::Counter;
    EXPECT_TRUE(values
                    .emplace(family.name, counter ? metric.counter.value
                                                  : metric.gauge.value)
                    .second)
        << family.name;
  }
  return values;
}

class ProcessMetricsTest : public ::testing::Test {
 protected:
  ProcessMetricsTest() { fs::create_directories(proc_ / "self/fd"); }
  ~ProcessMetricsTest() override { fs::remove_all(proc_); }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(proc_ / name) << text;
  }

  const fs::path proc_ =
      fs::path(::testing::TempDir()) / ("proc." + std::to_string(getpid()));
};

TEST_F(ProcessMetricsTest, ReadsWhatTheKernelSays) {
  // The name of a program may look like the fields behind it.
  Write("self/stat",
        "4711 (a) b (1) S 1 4711 4711 0 -1 4194560 900 0 3 0 250 125 0 0 20 "
        "0 12 0 4242 104857600 2048 18446744073709551615 1 1 0 0\n");
  Write("self/limits",
        "Limit                     Soft Limit           Hard Limit   Units\n"
        "Max processes             63432                63432   processes\n"
        "Max open files            1024                 524288       files\n");
  Write("stat", "cpu  1 2 3\nbtime 1704067200\nprocesses 5\n");
  for (const char* descriptor : {"0", "1", "2", "3"}) {
    Write(std::string("self/fd/") + descriptor, "");
  }
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));

  const std::map<std::string, double> expected = {
      {"process_cpu_seconds_total", 375 / ticks},
      {"process_resident_memory_bytes", 2048 * page},
      {"process_virtual_memory_bytes", 104857600},
      {"process_open_fds", 3},  // Without the one that reads the folder.
      {"process_max_fds", 1024},
      {"process_start_time_seconds", 1704067200 + 4242 / ticks},
      {"process_threads", 12}};
  EXPECT_EQ(ValuesOf(ProcessMetrics(proc_).Read()), expected);
}

TEST_F(ProcessMetricsTest, LeavesOutWhatCannotBeRead) {
  constexpr char kWords[] =
      "4711 (a) S x x x x x x x x x x x x x x x x x x x x x x x x";
  for (const char* stat :
       {"", "\n", "4711 (a", "4711 (a)", "4711 (a) S -1", kWords}) {
    SCOPED_TRACE(stat);
    Write("self/stat", stat);
    Write("self/limits", "Max open files   x\n");
    Write("stat", "btime\n");
    EXPECT_TRUE(ProcessMetrics(proc_).Read().empty());
  }
  EXPECT_TRUE(ProcessMetrics("/nowhere").Read().empty());
}

TEST_F(ProcessMetricsTest, TakesNoLimitForInfinity) {
  Write("self/limits",
        "Max open files            unlimited  unlimited files\n");
  EXPECT_TRUE(
      std::isinf(ValuesOf(ProcessMetrics(proc_).Read()).at("process_max_fds")));
}

TEST_F(ProcessMetricsTest, TellsOneStartThoughTheBootTimeMoves) {
  Write("self/stat", "1 (a) S 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 0 4200 0 0\n");
  Write("stat", "btime 1704067200\n");
  const ProcessMetrics metrics(proc_);
  const double start =
      ValuesOf(metrics.Read()).at("process_start_time_seconds");

  for (const char* moved : {"btime 1704067201\n", "btime 1000000000\n", ""}) {
    Write("stat", moved);
    EXPECT_EQ(ValuesOf(metrics.Read()).at("process_start_time_seconds"), start);
  }
}

TEST(ProcessMetricsOfThisProcessTest, IsPlausible) {
  const std::map<std::string, double> values =
      ValuesOf(ProcessMetrics().Read());

  ASSERT_EQ(values.size(), 7U);
  EXPECT_GE(values.at("process_cpu_seconds_total"), 0);
  EXPECT_GT(values.at("process_resident_memory_bytes"), 1e6);
  EXPECT_GT(values.at("process_virtual_memory_bytes"), 1e6);
  EXPECT_GE(values.at("process_open_fds"), 3);
  EXPECT_GT(values.at("process_max_fds"), values.at("process_open_fds"));
  EXPECT_GE(values.at("process_threads"), 1);
  const double now = std::chrono::duration<double>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
  EXPECT_NEAR(values.at("process_start_time_seconds"), now, 600);
}

}  // namespace
}  // namespace exporter
