#pragma once

#include <cstddef>
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

  // `project_id="…",dataset_id="…"`
  // REQUIRES: dataset < catalogue()->datasets.size(), here and below.
  [[nodiscard]] std::string_view Identity(std::size_t dataset) const {
    const Place& place = places_[dataset];
    return {text_.data() + place.begin, place.identity_size};
  }

  // The same, followed by `,name="…",region="…"` and the configured labels.
  [[nodiscard]] std::string_view Info(std::size_t dataset) const {
    const Place& place = places_[dataset];
    return {text_.data() + place.begin, place.info_size};
  }

 private:
  struct Place {
    std::size_t begin;
    std::size_t identity_size;
    std::size_t info_size;
  };

  std::shared_ptr<const Catalogue> catalogue_;
  std::string text_;  // Of all datasets, one behind the other.
  std::vector<Place> places_;
};

}  // namespace exporter
