#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "access/route.h"
#include "app/own_metrics.h"
#include "base/clock.h"
#include "base/fault.h"
#include "collect/collector.h"
#include "config/config.h"
#include "config/flags.h"
#include "expose/exposition.h"

namespace exporter {

// Holds what the endpoints need of the rest of the program. All of it is safe
// for concurrent use and outlives the server.
struct EndpointContext {
  const Flags& flags;
  const Clock& clock;
  WallTime started;
  Collector& collector;
  const OwnMetrics& own_metrics;
  const Exposition& exposition;
  std::function<std::shared_ptr<const Config>()> config;  // The one in force.
  std::function<std::vector<Fault>()> reload;  // What is wrong; empty: done.
  std::function<void()> quit;
};

// Every path that the exporter answers. Pages other than the metrics ask the
// cloud nothing.
std::vector<Route> MakeRoutes(const EndpointContext& context);

}  // namespace exporter
