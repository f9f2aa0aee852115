// Makes the catalogue, the datasets of this shard: the configured ones in their
// order, then the discovered ones by project and id. Of a dataset that is both,
// what is configured counts; an unset name or type is taken from the discovery.

#pragma once

#include <memory>
#include <span>

#include "collect/settings.h"
#include "model/dataset.h"

namespace exporter {

// `discovered`: a list for each project. Safe for concurrent use.
// REQUIRES: one behind the other they are sorted by key.
std::shared_ptr<const Catalogue> BuildCatalogue(
    const CollectorSettings& settings,
    std::span<const std::span<const Dataset>> discovered);

}  // namespace exporter
