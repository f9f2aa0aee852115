#include "inventory.h"

#include <array>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tasks.h"

namespace simulator {
namespace {

using exporter::ErrorKind;
using exporter::Fail;
using Json = nlohmann::ordered_json;

constexpr std::array<std::string_view, 3> kNamePrefixes = {"prod-", "test-",
                                                           "scratch-"};

std::string Numbered(const char* format, std::uint64_t number) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), format, number);
  return text.data();
}

// Of the dataset in an answers file, the member `key`, if it is a string.
std::optional<std::string> TextOf(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

}  // namespace

void Inventory::Generate(const GeneratedDatasets& wanted, Time now) {
  for (std::uint64_t i = 0; i < wanted.datasets; ++i) {
    Dataset& dataset = Create(Numbered("%032lx", i % wanted.projects),
                              Numbered("ds-%05lu", i), now);
    dataset.name = std::string(kNamePrefixes.at(i % 3)) + Numbered("%05lu", i);
    dataset.workspace = Numbered("%lu", i % wanted.workspaces);
    if (dataset.seed / 7 % 100 < wanted.text_percent) {
      dataset.type = 100 + static_cast<int>(dataset.seed % 3);
    }
  }
}

exporter::Result<bool> Inventory::LoadAnswers(const std::string& path,
                                              Time now) {
  std::ifstream file(path);
  const Json json = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  const auto wrong = [&path](const char* what) {
    return Fail(ErrorKind::kConfig, path + ": " + what);
  };
  if (!file.is_open()) return wrong("cannot be read");
  if (!json.is_object()) return wrong("no JSON object");
  const std::optional<std::string> project = TextOf(json, "project_id");
  const auto datasets = json.find("datasets");
  if (!project || datasets == json.end() || !datasets->is_array()) {
    return wrong("needs project_id and datasets");
  }
  ProjectFor(*project).region = TextOf(json, "region").value_or("");
  for (const Json& entry : *datasets) {
    const std::optional<std::string> id = TextOf(entry, "id");
    const auto answer = entry.find("answer");
    if (!id || answer == entry.end() || !answer->is_object() ||
        !answer->contains("body") || !answer->contains("code") ||
        !answer->at("code").is_number_integer()) {
      return wrong("a dataset needs id, answer.code and answer.body");
    }
    Dataset& dataset = Create(*project, *id, now);
    dataset.name = TextOf(entry, "name").value_or("");
    dataset.pinned =
        Answer{answer->at("code").get<int>(), answer->at("body").dump()};
  }
  return true;
}

Dataset& Inventory::Create(std::string_view project_id, std::string_view id,
                           Time now) {
  Project& project = ProjectFor(project_id);
  const auto found = project.by_id.find(id);
  if (found != project.by_id.end()) {
    found->second->deleted = false;
    return *found->second;
  }
  const std::size_t ordinal = datasets_.size();
  Dataset& dataset = datasets_.emplace_back();
  dataset.id = id;
  dataset.name = id;
  dataset.json_id = ToJsonString(id);
  dataset.created = now;
  dataset.seed = Seed(std::string(project_id).append("/").append(id));
  dataset.ordinal = ordinal;
  project.datasets.push_back(&dataset);
  project.by_id.emplace(id, &dataset);
  return dataset;
}

Project* Inventory::FindProject(std::string_view id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

Dataset* Inventory::FindDataset(const Project& project, std::string_view id) {
  const auto found = project.by_id.find(id);
  return found == project.by_id.end() || found->second->deleted ? nullptr
                                                                : found->second;
}

Project& Inventory::ProjectFor(std::string_view id) {
  if (Project* known = FindProject(id)) return *known;
  Project& project = projects_[std::string(id)];
  project.id = id;
  project.region = "local-1";
  by_id_.emplace(id, &project);
  return project;
}

std::string ToJsonString(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace simulator
