#include "collect/catalogue.h"

#include <map>
#include <utility>

#include "model/shard.h"

namespace exporter {

std::shared_ptr<const Catalogue> BuildCatalogue(
    const CollectorSettings& settings,
    std::span<const std::vector<Dataset>> discovered) {
  const auto is_ours = [&](const Dataset& dataset) {
    return ShardOf(dataset.key, settings.shard.count) == settings.shard.index;
  };
  std::map<DatasetKey, const Dataset*> found;
  for (const std::vector<Dataset>& of_project : discovered) {
    for (const Dataset& dataset : of_project) {
      if (is_ours(dataset)) found.emplace(dataset.key, &dataset);
    }
  }

  auto catalogue = std::make_shared<Catalogue>();
  for (const Dataset& configured : settings.datasets) {
    if (!is_ours(configured)) continue;
    Dataset dataset = configured;
    if (const auto twin = found.extract(dataset.key)) {
      if (dataset.name.empty()) dataset.name = twin.mapped()->name;
      if (dataset.type.empty()) dataset.type = twin.mapped()->type;
    }
    catalogue->datasets.push_back(std::move(dataset));
  }
  for (const auto& [key, dataset] : found) {
    catalogue->datasets.push_back(*dataset);
  }
  return catalogue;
}

}  // namespace exporter
