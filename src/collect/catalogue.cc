#include "collect/catalogue.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "model/shard.h"

namespace exporter {

std::shared_ptr<const Catalogue> BuildCatalogue(
    const CollectorSettings& settings,
    std::span<const std::span<const Dataset>> discovered) {
  const auto is_ours = [&](const Dataset& dataset) {
    return ShardOf(dataset.key, settings.shard.count) == settings.shard.index;
  };
  std::vector<const Dataset*> found;
  for (const std::span<const Dataset> of_project : discovered) {
    for (const Dataset& dataset : of_project) {
      if (is_ours(dataset)) found.push_back(&dataset);
    }
  }
  const auto key_of = [](const Dataset* dataset) -> auto& {
    return dataset->key;
  };
  std::set<const Dataset*> twins;  // Of configured ones.

  auto catalogue = std::make_shared<Catalogue>();
  catalogue->datasets.reserve(settings.datasets.size() + found.size());
  for (const Dataset& configured : settings.datasets) {
    if (!is_ours(configured)) continue;
    Dataset dataset = configured;
    const auto twin = std::ranges::lower_bound(found, dataset.key, {}, key_of);
    if (twin != found.end() && (*twin)->key == dataset.key) {
      twins.insert(*twin);
      if (dataset.name.empty()) dataset.name = (*twin)->name;
      if (dataset.type.empty()) dataset.type = (*twin)->type;
    }
    catalogue->datasets.push_back(std::move(dataset));
  }
  for (const Dataset* dataset : found) {
    if (!twins.contains(dataset)) catalogue->datasets.push_back(*dataset);
  }
  return catalogue;
}

}  // namespace exporter
