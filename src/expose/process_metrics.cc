#include "expose/process_metrics.h"

#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace exporter {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

// Cuts the first word off `text`; empty if there is none.
std::string_view TakeWord(std::string_view& text) {
  const std::size_t begin = text.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) return text = {};
  text.remove_prefix(begin);
  const std::string_view word = text.substr(0, text.find_first_of(" \t\n"));
  text.remove_prefix(word.size());
  return word;
}

std::optional<double> ToNumber(std::string_view word) {
  std::uint64_t number = 0;
  const char* const end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(word.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return static_cast<double>(number);
}

// The rest of the first line of `path` that starts with `key`; empty if there
// is none.
std::string FindLine(const std::filesystem::path& path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key)) return line.substr(key.size());
  }
  return {};
}

std::optional<double> SystemValue(int name) {
  const long value = sysconf(name);
  if (value <= 0) return std::nullopt;
  return static_cast<double>(value);
}

// Fields of /proc/self/stat, in the units they have there.
struct Stat {
  std::optional<double> user_ticks;      // Field 14, utime
  std::optional<double> system_ticks;    // Field 15, stime
  std::optional<double> threads;         // Field 20, num_threads
  std::optional<double> start_ticks;     // Field 22, starttime, since boot
  std::optional<double> virtual_bytes;   // Field 23, vsize
  std::optional<double> resident_pages;  // Field 24, rss
};

Stat ReadStat(const std::filesystem::path& path) {
  const std::string line = FindLine(path, "");
  // Field 2 is the name of the program, which may hold anything, ")" too.
  const std::size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return {};
  std::string_view rest = std::string_view(line).substr(name_end + 1);
  Stat stat;
  for (int field = 3; field <= 24; ++field) {
    const std::optional<double> value = ToNumber(TakeWord(rest));
    if (field == 14) stat.user_ticks = value;
    if (field == 15) stat.system_ticks = value;
    if (field == 20) stat.threads = value;
    if (field == 22) stat.start_ticks = value;
    if (field == 23) stat.virtual_bytes = value;
    if (field == 24) stat.resident_pages = value;
  }
  return stat;
}

std::optional<double> CountOpenFiles(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  double count = -1;  // The folder itself is open while it is read.
  for (; !error && entry != std::filesystem::directory_iterator();
       entry.increment(error)) {
    ++count;
  }
  if (error || count < 0) return std::nullopt;
  return count;
}

std::optional<double> ReadOpenFilesLimit(const std::filesystem::path& path) {
  const std::string line = FindLine(path, "Max open files ");
  std::string_view rest = line;
  const std::string_view soft_limit = TakeWord(rest);
  if (soft_limit == "unlimited") {
    return std::numeric_limits<double>::infinity();
  }
  return ToNumber(soft_limit);
}

std::optional<double> ReadStartSeconds(const std::filesystem::path& proc) {
  const std::string line = FindLine(proc / "stat", "btime ");
  std::string_view rest = line;
  const std::optional<double> boot = ToNumber(TakeWord(rest));
  const std::optional<double> ticks = ReadStat(proc / "self/stat").start_ticks;
  const std::optional<double> ticks_per_second = SystemValue(_SC_CLK_TCK);
  if (!boot || !ticks || !ticks_per_second) return std::nullopt;
  // One division, so that hundredths stay hundredths.
  return (*boot * *ticks_per_second + *ticks) / *ticks_per_second;
}

void Add(const char* name, const char* help, MetricType type,
         std::optional<double> value, std::vector<MetricFamily>& families) {
  if (!value) return;
  prometheus::ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
      *value;
  families.push_back({name, help, type, {std::move(metric)}});
}

}  // namespace

ProcessMetrics::ProcessMetrics(std::filesystem::path proc)
    : proc_(std::move(proc)), start_seconds_(ReadStartSeconds(proc_)) {}

std::vector<MetricFamily> ProcessMetrics::Read() const {
  const Stat stat = ReadStat(proc_ / "self/stat");
  const std::optional<double> ticks_per_second = SystemValue(_SC_CLK_TCK);
  const std::optional<double> page_bytes = SystemValue(_SC_PAGESIZE);

  std::optional<double> cpu_seconds;
  if (stat.user_ticks && stat.system_ticks && ticks_per_second) {
    cpu_seconds = (*stat.user_ticks + *stat.system_ticks) / *ticks_per_second;
  }
  std::optional<double> resident_bytes;
  if (stat.resident_pages && page_bytes) {
    resident_bytes = *stat.resident_pages * *page_bytes;
  }

  std::vector<MetricFamily> families;
  Add("process_cpu_seconds_total",
      "Total user and system CPU time spent in seconds.", MetricType::Counter,
      cpu_seconds, families);
  Add("process_resident_memory_bytes", "Resident memory size in bytes.",
      MetricType::Gauge, resident_bytes, families);
  Add("process_virtual_memory_bytes", "Virtual memory size in bytes.",
      MetricType::Gauge, stat.virtual_bytes, families);
  Add("process_open_fds", "Number of open file descriptors.", MetricType::Gauge,
      CountOpenFiles(proc_ / "self/fd"), families);
  Add("process_max_fds", "Maximum number of open file descriptors.",
      MetricType::Gauge, ReadOpenFilesLimit(proc_ / "self/limits"), families);
  Add("process_start_time_seconds",
      "Start time of the process since unix epoch in seconds.",
      MetricType::Gauge, start_seconds_, families);
  Add("process_threads", "Number of OS threads in the process.",
      MetricType::Gauge, stat.threads, families);
  return families;
}

}  // namespace exporter
