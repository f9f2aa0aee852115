#include "expose/label_table.h"

#include <utility>

#include "expose/text_writer.h"

namespace exporter {

LabelTable::LabelTable(std::shared_ptr<const Catalogue> catalogue)
    : catalogue_(std::move(catalogue)) {
  TextWriter writer(Format::kText, text_);
  places_.reserve(catalogue_->datasets.size());
  for (const Dataset& dataset : catalogue_->datasets) {
    const std::size_t begin = text_.size();
    writer.Label("project_id", dataset.key.project_id);
    writer.Raw(',');
    writer.Label("dataset_id", dataset.key.dataset_id);
    const std::size_t identity_size = text_.size() - begin;

    writer.Raw(',');
    writer.Label("name", dataset.name);
    writer.Raw(',');
    writer.Label("region", dataset.region);
    for (const auto& [name, value] : dataset.labels) {
      writer.Raw(',');
      writer.Label(name, value);
    }
    places_.push_back({begin, identity_size, text_.size() - begin});
  }
  text_.shrink_to_fit();
}

}  // namespace exporter
