// Makes the catalogue, the datasets of this shard: the configured ones in their
// order, then the discovered ones by project and id. Of a dataset that is both,
// what is configured counts; an unset name or type is taken from the discovery.

#pragma once

#include <memory>
#include <span>
#include <vector>

#include "collect/settings.h"
#include "model/dataset.h"

namespace exporter {

// `discovered`: a list for each project. Safe for concurrent use.
std::shared_ptr<const Catalogue> BuildCatalogue(
    const CollectorSettings& settings,
    std::span<const std::vector<Dataset>> discovered);

}  // namespace exporter
