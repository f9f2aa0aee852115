#include "config/loader.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "base/file.h"
#include "config/project_reader.h"
#include "config/shown.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr DurationRange kAge = {0ms, 24h * 365};

void ReadMinInterval(const Section& scrape_section, const FaultSink& sink,
                     ScrapeConfig& scrape) {
  const YamlNode* node = scrape_section.Find("min_interval");
  if (node == nullptr) return;
  if (node->content->kind == YamlContent::Kind::kMap) {
    const Section section(*node, "min_interval", {"active", "settled"}, sink);
    section.ReadDuration("active", scrape.memory.min_interval_active, kAge);
    section.ReadDuration("settled", scrape.memory.min_interval_settled, kAge);
  } else if (ReadDuration(*node, "min_interval",
                          scrape.memory.min_interval_active, kAge, sink)) {
    scrape.memory.min_interval_settled = scrape.memory.min_interval_active;
  }
}

ScrapeConfig ReadScrape(const YamlNode& node, const FaultSink& sink) {
  const Section section(
      node, "scrape",
      {"timeout", "timeout_offset", "concurrency", "min_interval", "max_stale"},
      sink);
  ScrapeConfig scrape;
  section.ReadDuration("timeout", scrape.timeout, {1ms, 10min});
  section.ReadDuration("timeout_offset", scrape.timeout_offset, {0ms, 10min});
  std::uint64_t concurrency = scrape.concurrency;
  section.ReadCount("concurrency", concurrency, 1, 10'000);
  scrape.concurrency = concurrency;
  ReadMinInterval(section, sink, scrape);
  section.ReadDuration("max_stale", scrape.memory.max_stale, kAge);
  return scrape;
}

void ReadProjects(const Section& root, const Source& source, Config& config,
                  FileLooks& looks) {
  if (root.Find("projects") == nullptr) {
    return root.Add("projects", "is missing; give at least one project");
  }
  const std::vector<YamlNode>* items = root.ReadList("projects");
  if (items == nullptr) return;
  if (items->empty()) return root.Add("projects", "must not be empty");
  SeenDatasets seen;
  std::map<std::string, int> lines;
  for (const YamlNode& item : *items) {
    ProjectConfig project = ReadProject(item, source, seen, looks);
    const auto [first, is_new] = lines.emplace(project.project_id, item.line);
    if (!is_new && !project.project_id.empty()) {
      source.faults.Add(item, "project_id: '" + Printable(project.project_id) +
                                  "' occurs twice, first in line " +
                                  std::to_string(first->second));
    }
    config.projects.push_back(std::move(project));
  }
}

// The main file's first, then by file, line and column; each once, though an
// alias brings what it stands for again.
void Sort(const std::string& main_file, std::vector<Fault>& faults) {
  const auto place = [&](const Fault& fault) {
    return std::make_tuple(fault.file != main_file, std::cref(fault.file),
                           fault.line, fault.column);
  };
  std::stable_sort(
      faults.begin(), faults.end(),
      [&](const Fault& a, const Fault& b) { return place(a) < place(b); });
  const bool has_more = faults.size() > kMaxFaults;
  if (has_more) faults.resize(kMaxFaults);
  std::set<std::string> seen;
  std::erase_if(faults, [&](const Fault& fault) {
    return !seen.insert(ToString(fault)).second;
  });
  if (!has_more) return;
  Fault last = faults.back();
  last.what = "and more faults, which are not listed";
  faults.push_back(std::move(last));
}

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

void ReadConfig(const YamlNode& node, const Source& source, Config& config,
                FileLooks& looks) {
  if (node.content->kind == YamlContent::Kind::kNull) {
    return source.faults.Add(
        node, "is empty; give at least one project in 'projects'");
  }
  const Section root(node, "", {"scrape", "projects"}, source.faults);
  if (node.content->kind != YamlContent::Kind::kMap) return;
  if (const YamlNode* scrape = root.Find("scrape")) {
    config.scrape = ReadScrape(*scrape, source.faults);
  }
  ReadProjects(root, source, config, looks);
}

}  // namespace

LoadedConfig LoadConfig(const std::string& path) {
  LoadedConfig loaded;
  const Result<FileText> file = ReadFile(path, kMaxYamlBytes);
  if (!file) {
    loaded.faults.push_back({path, 1, 1, file.error().message});
    return loaded;
  }
  const auto tree = ParseYaml(file->text, path, loaded.faults);
  if (!tree) {
    Sort(path, loaded.faults);
    return loaded;
  }
  const Source source = {
      FolderOf(path), {path, &loaded.faults}, {path, &loaded.warnings}};
  const auto config = std::make_shared<Config>();
  ReadConfig(tree->root, source, *config, loaded.looks);
  Sort(path, loaded.faults);
  Sort(path, loaded.warnings);
  if (!loaded.faults.empty()) return loaded;
  config->shown = RenderConfig(*config, source.folder);
  config->hash = HashConfig(*config);
  loaded.config = config;
  return loaded;
}

}  // namespace exporter
