#include "model/dataset.h"

namespace exporter {

std::string ToString(const DatasetKey& key) {
  return key.project_id + "/" + key.dataset_id;
}

}  // namespace exporter
