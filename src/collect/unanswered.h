// Says why a dataset has no answer although the time of somebody who waits for
// it is up.

#pragma once

#include <memory>

#include "base/error.h"
#include "collect/decision.h"
#include "collect/entry.h"
#include "collect/instant.h"

namespace exporter {

// `decision`: the last one of the project of `entry`. Safe for concurrent use.
std::shared_ptr<const Error> WhyNotAnswered(const Entry& entry,
                                            const Decision& decision,
                                            SteadyTime now);

}  // namespace exporter
