#pragma once

#include <cstddef>

#include "expose/dialect.h"
#include "expose/label_table.h"
#include "model/reading.h"

namespace exporter {

// Gives at least the bytes that the dataset families of `collection` take, and
// little more: a body is reserved at once, since one that grows is held twice
// while it is copied. REQUIRES: `labels` is of collection.catalogue.
std::size_t EstimateDatasetBytes(const Collection& collection,
                                 const LabelTable& labels,
                                 const Dialect& dialect);

}  // namespace exporter
