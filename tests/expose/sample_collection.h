// Collections for tests of the exposition.

#pragma once

#include <prometheus/metric_family.h>

#include <cstddef>
#include <string>
#include <vector>

#include "expose/exposition.h"
#include "model/reading.h"

namespace exporter {

// The small case whose exposition is written out in testdata/metrics.*: each
// kind of answer once. What is not fixed there (durations, times of queries,
// tasks seen) is filled in too, and shown in testdata/all.*.
Collection SmallCase();

// `datasets` datasets as they usually are: all answered, most COMPLETED with
// every field, each twentieth FAILED with a code.
Collection UsualCase(std::size_t datasets);

// All that `exposition` makes of it.
std::string Written(const Exposition& exposition, const Collection& collection,
                    Format format,
                    std::vector<prometheus::MetricFamily> own = {});

}  // namespace exporter
