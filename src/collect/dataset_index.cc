#include "collect/dataset_index.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace exporter {

DatasetIndex::DatasetIndex(std::shared_ptr<const Catalogue> catalogue)
    : catalogue_(std::move(catalogue)), by_key_(catalogue_->datasets.size()) {
  std::iota(by_key_.begin(), by_key_.end(), 0);
  const auto key = [this](std::uint32_t place) -> auto& {
    return catalogue_->datasets[place].key;
  };
  std::ranges::stable_sort(by_key_, {}, key);
}

std::optional<std::size_t> DatasetIndex::Find(const DatasetKey& key) const {
  const auto found = std::ranges::lower_bound(
      by_key_, key, {}, [this](std::uint32_t place) -> auto& {
        return catalogue_->datasets[place].key;
      });
  if (found == by_key_.end() || catalogue_->datasets[*found].key != key) {
    return std::nullopt;
  }
  return *found;
}

}  // namespace exporter
