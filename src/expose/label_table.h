#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/dataset.h"

namespace exporter {

// Holds the labels of the datasets of a catalogue, escaped and joined once,
// since they are written in thousands of lines at each scrape. All formats
// escape labels alike, so one table serves all.
//
// Safe for concurrent use: never changes.
class LabelTable {
 public:
  explicit LabelTable(std::shared_ptr<const Catalogue> catalogue);

  // What the table was made of. Kept alive, so that no other catalogue is ever
  // found at its address.
  [[nodiscard]] const std::shared_ptr<const Catalogue>& catalogue() const {
    return catalogue_;
  }

  // `project_id="…",`, with which every line of the dataset begins. Held once
  // for all datasets of the project.
  // REQUIRES: dataset < catalogue()->datasets.size(), here and below.
  [[nodiscard]] std::string_view Project(std::size_t dataset) const {
    return projects_[places_[dataset].project];
  }

  // What tells it from the others of the project: `dataset_id="…"`
  [[nodiscard]] std::string_view Id(std::size_t dataset) const {
    const Place& place = places_[dataset];
    return {text_.data() + place.begin, place.id_size};
  }

  // The same, followed by `,name="…",region="…"` and the configured labels.
  [[nodiscard]] std::string_view Info(std::size_t dataset) const {
    const std::size_t begin = places_[dataset].begin;
    return {text_.data() + begin, places_[dataset + 1].begin - begin};
  }

 private:
  struct Place {
    std::size_t begin = 0;      // In text_.
    std::uint32_t project = 0;  // In projects_.
    std::uint32_t id_size = 0;
  };

  std::shared_ptr<const Catalogue> catalogue_;
  std::vector<std::string> projects_;
  std::string text_;           // Of all datasets, one behind the other.
  std::vector<Place> places_;  // And the end.
};

}  // namespace exporter
