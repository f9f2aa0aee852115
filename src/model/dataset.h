#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace exporter {

// Names a dataset by the labels of all its series.
struct DatasetKey {
  std::string project_id;
  std::string dataset_id;

  auto operator<=>(const DatasetKey&) const = default;
};

// "project_id/dataset_id", as logs and the shard hash name it.
std::string ToString(const DatasetKey& key);

// A dataset that was configured or discovered. Not changed once it is made.
struct Dataset {
  DatasetKey key;
  std::string name = {};    // Empty when unset.
  std::string region = {};  // Empty when the project gives an endpoint alone.
  std::string type = {};    // dataset_type of the list API; empty when unknown.
  std::vector<std::pair<std::string, std::string>> labels =
      {};  // As configured.

  bool operator==(const Dataset&) const = default;
};

// All datasets of this shard in the order in which they are shown: configured
// ones first, discovered ones after them. Shared by the scrapes that were begun
// with it; never changed, only replaced.
struct Catalogue {
  std::vector<Dataset> datasets;
};

}  // namespace exporter
