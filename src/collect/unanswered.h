#pragma once

#include <memory>

#include "base/error.h"
#include "collect/admission.h"
#include "collect/entry.h"
#include "collect/instant.h"

namespace exporter {

// Why `entry` has no answer although the time of somebody who waits is up.
// `decision`: the last one of its project.
std::shared_ptr<const Error> WhyNotAnswered(const Entry& entry,
                                            const Admission::Decision& decision,
                                            SteadyTime now);

}  // namespace exporter
