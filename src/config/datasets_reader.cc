#include "config/datasets_reader.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/file.h"
#include "config/paths.h"

namespace exporter {
namespace {

// Those that the program or Prometheus gives a meaning of its own.
constexpr std::array<std::string_view, 11> kReservedLabels = {
    "project_id", "dataset_id", "name",     "region", "status",  "reason",
    "error_code", "job",        "instance", "le",     "quantile"};

std::string_view WhyNotLabel(std::string_view name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (name.empty() || is_digit(name.front()) ||
      !std::all_of(name.begin(), name.end(),
                   [&](char c) { return is_letter(c) || is_digit(c); })) {
    return "is no label name; use letters, digits and '_', no digit first";
  }
  if (name.starts_with("__") ||
      std::find(kReservedLabels.begin(), kReservedLabels.end(), name) !=
          kReservedLabels.end()) {
    return "is reserved; choose another label name";
  }
  return "";
}

void ReadLabels(const Section& section, const FaultSink& sink,
                Dataset& dataset) {
  const YamlNode* node = section.Find("labels");
  if (node == nullptr) return;
  if (node->content->kind != YamlContent::Kind::kMap) {
    return section.Add("labels", "must be a mapping (key: value), not " +
                                     std::string(KindName(*node)));
  }
  for (const YamlEntry& entry : node->content->entries) {
    const std::string name = "labels: '" + Printable(entry.key) + "' ";
    const std::string_view why_not = WhyNotLabel(entry.key);
    if (!why_not.empty()) sink.Add(entry.key_node, name + std::string(why_not));
    const YamlContent& value = *entry.value.content;
    if (value.kind == YamlContent::Kind::kNull) continue;
    if (value.kind != YamlContent::Kind::kScalar) {
      sink.Add(entry.value, name + "must be text, not " +
                                std::string(KindName(entry.value)));
    } else {
      dataset.labels.emplace_back(entry.key, value.text);
    }
  }
}

void ReadDataset(const YamlNode& node, const FaultSink& sink,
                 SeenDatasets& seen, ProjectConfig& project) {
  const Section section(node, "datasets", {"id", "name", "labels"}, sink);
  Dataset dataset;
  dataset.key.project_id = project.project_id;
  dataset.region = project.region;
  std::string name;
  section.ReadShownText("name", name);
  dataset.name = name;
  ReadLabels(section, sink, dataset);
  std::string id;
  if (node.content->kind != YamlContent::Kind::kMap) return;
  if (section.Find("id") == nullptr) return section.Add("id", "is missing");
  if (!section.ReadText("id", id)) return;
  if (const auto why = WhyNotId(id)) return section.Add("id", *why);
  dataset.key.dataset_id = id;
  // Without a project's id its datasets cannot be told from another's.
  if (project.project_id.empty()) return;
  const auto [first, is_new] =
      seen.emplace(dataset.key, Fault{sink.file, node.line, node.column, ""});
  if (!is_new) {
    const Fault& place = first->second;
    return section.Add(
        "id", "dataset '" + Printable(id) + "' occurs twice, first in " +
                  (place.file == sink.file ? "line " : place.file + ":") +
                  std::to_string(place.line));
  }
  project.datasets.push_back(std::move(dataset));
}

void ReadDatasetFile(const std::string& path, const YamlNode& named_at,
                     const FaultSink& main, SeenDatasets& seen,
                     ProjectConfig& project) {
  const Result<FileText> file = ReadFile(path, kMaxYamlBytes);
  if (!file) {
    return main.Add(named_at, "dataset_files: " + PrintablePath(path) + " " +
                                  file.error().message);
  }
  const auto tree = ParseYaml(file->text, path, *main.faults);
  if (!tree) return;
  const FaultSink sink{path, main.faults};
  if (tree->root.content->kind == YamlContent::Kind::kSequence) {
    ReadDatasets(tree->root.content->items, sink, seen, project);
  } else if (tree->root.content->kind == YamlContent::Kind::kNull) {
    // Maybe half of a rewrite: as none it would take the datasets away.
    sink.Add(tree->root, "is empty; write '[]' where there is no dataset");
  } else {
    sink.Add(tree->root, "must be a list of datasets (- id: x), not " +
                             std::string(KindName(tree->root)));
  }
}

}  // namespace

std::optional<std::string> WhyNotId(std::string_view id) {
  if (const auto why = WhyNotText(id)) return std::string(*why);
  if (id == "." || id == "..") return "must not be a dot or two";
  if (id.size() > 256) return "must not be longer than 256 bytes";
  return std::nullopt;
}

void ReadDatasets(const std::vector<YamlNode>& items, const FaultSink& sink,
                  SeenDatasets& seen, ProjectConfig& project) {
  for (const YamlNode& item : items) ReadDataset(item, sink, seen, project);
}

void ReadDatasetFiles(const Section& section, const std::string& folder,
                      const FaultSink& warnings, SeenDatasets& seen,
                      ProjectConfig& project, FileLooks& looks) {
  const std::vector<YamlNode>* patterns = section.ReadList("dataset_files");
  if (patterns == nullptr) return;
  if (patterns->empty()) {
    return section.Add("dataset_files", "must not be empty");
  }
  std::set<std::string> read_already;
  for (const YamlNode& node : *patterns) {
    const YamlContent& content = *node.content;
    const FaultSink& sink = section.sink();
    if (content.kind != YamlContent::Kind::kScalar) {
      sink.Add(node, "dataset_files: must be text, not " +
                         std::string(KindName(node)));
      continue;
    }
    if (const auto why = WhyNotText(content.text)) {
      sink.Add(node, "dataset_files: " + std::string(*why));
      continue;
    }
    const std::string pattern = Resolve(EscapePattern(folder), content.text);
    project.dataset_files.push_back(pattern);
    looks.emplace(pattern, LookAt(pattern));
    const auto paths = Matches(pattern);
    if (!paths) {
      sink.Add(node, "dataset_files: the folder of '" +
                         Printable(content.text) +
                         "' is missing or cannot be read");
      continue;
    }
    if (paths->empty()) {
      const bool one_file =
          content.text.find_first_of("*?[") == std::string::npos;
      (one_file ? sink : warnings)
          .Add(node, "dataset_files: no file matches '" +
                         Printable(content.text) + "'");
    }
    for (const std::string& path : *paths) {
      if (!read_already.insert(path).second) continue;
      ReadDatasetFile(path, node, sink, seen, project);
    }
  }
}

}  // namespace exporter
