// Says in words why nothing is asked while credentials are refused, and when
// that changes.

#pragma once

#include "base/error.h"
#include "collect/breaker.h"
#include "collect/instant.h"

namespace exporter {

// Of a breaker that lets none go before `until`.
Error HeldBack(const Breaker& breaker, SteadyTime until, SteadyTime now);

// Adds to `why` how often a password was tried, and when it is tried next.
void AddNextTry(Error& why, unsigned tries, SteadyDuration wait);

}  // namespace exporter
