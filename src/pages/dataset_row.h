#pragma once

#include <string>

#include "base/clock.h"
#include "model/dataset.h"
#include "model/reading.h"

namespace exporter {

// Appends the table row of `dataset`: ten cells, and an eleventh below them
// where there is something to explain. End tags that HTML does not need are
// left out, for a page of thousands of rows.
void AppendDatasetRow(std::string& html, const Dataset& dataset,
                      const Overview::Row& row, WallTime now);

}  // namespace exporter
