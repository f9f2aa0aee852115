#include "expose/label_table.h"

#include <map>
#include <utility>

#include "expose/text_writer.h"

namespace exporter {

LabelTable::LabelTable(std::shared_ptr<const Catalogue> catalogue)
    : catalogue_(std::move(catalogue)) {
  TextWriter writer(Format::kText, text_);
  std::map<std::string_view, std::uint32_t> projects;  // By id.
  places_.reserve(catalogue_->datasets.size() + 1);
  for (const Dataset& dataset : catalogue_->datasets) {
    const auto [project, is_new] = projects.try_emplace(
        dataset.key.project_id, static_cast<std::uint32_t>(projects_.size()));
    if (is_new) {
      TextWriter(Format::kText, projects_.emplace_back())
          .Label("project_id", dataset.key.project_id);
      projects_.back() += ',';
    }
    Place place{.begin = text_.size(), .project = project->second};
    writer.Label("dataset_id", dataset.key.dataset_id);
    place.id_size = static_cast<std::uint32_t>(text_.size() - place.begin);

    writer.Raw(',');
    writer.Label("name", dataset.name);
    writer.Raw(',');
    writer.Label("region", dataset.region);
    for (const auto& [name, value] : dataset.labels) {
      writer.Raw(',');
      writer.Label(name, value);
    }
    places_.push_back(place);
  }
  places_.push_back({.begin = text_.size()});
  text_.shrink_to_fit();
}

}  // namespace exporter
