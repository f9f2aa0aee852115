#pragma once

#include "counters.h"
#include "credential_store.h"
#include "faults.h"
#include "inventory.h"
#include "options.h"
#include "server_clock.h"

namespace simulator {

// What the parts of the cloud share. Not safe for concurrent use.
struct State {
  const Options& options;
  ServerClock& clock;
  Inventory& inventory;
  FaultRules faults{};
  Counters counters{};
  AccessKeys keys{};
  Tokens tokens{};
};

}  // namespace simulator
