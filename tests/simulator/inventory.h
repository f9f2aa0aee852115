// The projects and datasets that the cloud has.

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "faults.h"
#include "server_clock.h"

namespace simulator {

struct Answer {
  int code;
  std::string body;
};

struct Dataset {
  std::string id;
  std::string json_id;  // As a JSON string, quotes included.
  std::string name;
  int type = 0;  // 0 images; 100, 101, 102 text, which cannot sync.
  std::string workspace = "0";
  Time created;
  std::uint64_t seed = 0;
  std::uint64_t ordinal = 0;     // Its place among all, from 0.
  std::optional<Answer> pinned;  // Instead of the living task.
  bool deleted = false;

  std::uint64_t requests = 0;
  std::uint32_t in_flight = 0;
  Fault fault;                      // What the rules said
  std::uint64_t fault_version = 0;  // in this version of them.

  [[nodiscard]] bool IsText() const { return type >= 100 && type <= 102; }
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};
template <typename T>
using ByText = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

struct Project {
  std::string id;
  std::string region;
  std::vector<Dataset*> datasets;  // In the order of creation, deleted too.
  ByText<Dataset*> by_id;

  // Requests since the throttle's window began.
  std::uint64_t in_window = 0;
  Time window_began{};
};

struct GeneratedDatasets {
  std::uint64_t datasets = 0;
  std::uint64_t projects = 1;
  std::uint64_t workspaces = 1;
  unsigned text_percent = 0;
};

// A Dataset or Project lives as long as the inventory; what is deleted is only
// marked so. Not safe for concurrent use.
class Inventory {
 public:
  // Dataset i of `wanted`, called "ds-00000" and so on, belongs to project
  // i mod projects, whose id is its number in 32 hexadecimal digits.
  void Generate(const GeneratedDatasets& wanted, Time now);

  // Adds what an answers file has: {"project_id", "region", "datasets":
  // [{"id", "name", "answer": {"code", "body"}}]}.
  // Errors: kConfig, when it cannot be read or is something else.
  exporter::Result<bool> LoadAnswers(const std::string& path, Time now);

  // The new dataset, or the old one, living again, if there was one.
  Dataset& Create(std::string_view project, std::string_view id, Time now);

  // Null if there is none.
  Project* FindProject(std::string_view id);
  // Null if there is none or it is deleted.
  static Dataset* FindDataset(const Project& project, std::string_view id);

  [[nodiscard]] const std::map<std::string, Project, std::less<>>& Projects()
      const {
    return projects_;
  }

 private:
  Project& ProjectFor(std::string_view id);

  std::map<std::string, Project, std::less<>> projects_;
  ByText<Project*> by_id_;
  std::deque<Dataset> datasets_;
};

// `text` as a JSON string, quotes included.
std::string ToJsonString(std::string_view text);

}  // namespace simulator
