#pragma once

#include <string>

#include "model/reading.h"

namespace exporter {

// Appends the cell with the little chart of the latest outcomes of a dataset,
// newest at the right, and their counts as its title. Thousands of these are on
// one page, so neighbours that are equal share one rectangle, and outcomes that
// are equal one path. Trouble stands taller than success, and a query without
// an answer hangs from the top: the chart is read without colours too.
void AppendOutcomeBar(std::string& html, const OutcomeTrail& trail);

}  // namespace exporter
