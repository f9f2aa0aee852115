#include "model/dataset.h"

namespace exporter {

std::string ToString(const DatasetKey& key) {
  std::string text(key.project_id);
  text += '/';
  text += key.dataset_id;
  return text;
}

}  // namespace exporter
