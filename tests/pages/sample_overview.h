// What the status page may have to show, made up.

#pragma once

#include <cstddef>

#include "model/reading.h"
#include "pages/status_page.h"

namespace exporter {

// All of the samples were taken at this time: 2024-01-01T12:00:00Z.
PageContext SampleContext();

// A small installation on a mixed day: every state, several kinds of failure,
// in the order of the configuration.
Overview SmallOverview();

// Before the first scrape.
Overview UnaskedOverview();

// Names, labels and messages that try to be more than text. Each would call
// alert() if it were believed, or turn the text around it.
Overview HostileOverview();

// Mostly healthy, one in fifty not; different for each `tick`.
Overview LargeOverview(std::size_t datasets, std::size_t tick);

}  // namespace exporter
