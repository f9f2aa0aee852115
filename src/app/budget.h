#pragma once

#include <chrono>
#include <string_view>

#include "config/config.h"

namespace exporter {

// How long a scrape may take whose X-Prometheus-Scrape-Timeout-Seconds header
// is `header`: that time less the configured offset, but at least half of it,
// and at most ten minutes. The configured timeout if `header` is not a finite
// number above 0.
std::chrono::steady_clock::duration ScrapeBudget(std::string_view header,
                                                 const ScrapeConfig& config);

}  // namespace exporter
