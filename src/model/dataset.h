#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/shared_text.h"

namespace exporter {

// Names a dataset by the labels of all its series.
struct DatasetKey {
  SharedText project_id;
  SharedText dataset_id;

  auto operator<=>(const DatasetKey&) const = default;
};

// "project_id/dataset_id", as logs and the shard hash name it.
std::string ToString(const DatasetKey& key);

// A dataset that was configured or discovered. Not changed once it is made.
// There are several lists of all of them: a copy costs no text.
struct Dataset {
  DatasetKey key;
  SharedText name = {};    // Empty when unset.
  SharedText region = {};  // Empty when the project gives an endpoint alone.
  SharedText type = {};    // dataset_type of the list API; empty when unknown.
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
