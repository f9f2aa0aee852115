#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "model/dataset.h"

namespace exporter {

// Finds a dataset in a catalogue without walking over it: a probe of one among
// a hundred thousand costs what one among ten does.
//
// Safe for concurrent use: never changes.
class DatasetIndex {
 public:
  explicit DatasetIndex(std::shared_ptr<const Catalogue> catalogue);

  // Where `key` is in the catalogue: the first, if it is there more than once;
  // none if it is not. O(log n).
  [[nodiscard]] std::optional<std::size_t> Find(const DatasetKey& key) const;

 private:
  std::shared_ptr<const Catalogue> catalogue_;
  std::vector<std::uint32_t> by_key_;  // Places in it.
};

}  // namespace exporter
