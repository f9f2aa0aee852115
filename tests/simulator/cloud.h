// The cloud behind the gateway: finds who is to answer a request, checks who
// asks and how often, and lets the faults in.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "control.h"
#include "gateway_auth.h"
#include "iam.h"
#include "metadata.h"
#include "modelarts_api.h"
#include "reply.h"
#include "request.h"
#include "state.h"

namespace simulator {

// Not safe for concurrent use. `state` must outlive it.
class Cloud {
 public:
  explicit Cloud(State& state);

  // Answers `request` in `reply`, which comes empty.
  void Handle(const Request& request, Reply& reply);

  // Another client has connected.
  void Connected() { ++state_.counters.connections_accepted; }

 private:
  // From here on, until the reply is over, the request is in flight.
  void Count(Operation operation, Dataset* dataset, Reply& reply);
  void AnswerApi(const Request& request, const ApiTarget& target,
                 Project* project, const Dataset* dataset, Reply& reply);
  [[nodiscard]] Fault FaultOf(Operation operation, const ApiTarget* target,
                              Dataset* dataset) const;
  std::chrono::milliseconds Latency();

  State& state_;
  GatewayAuth auth_;
  Iam iam_;
  Metadata metadata_;
  Control control_;
  std::string decoded_;         // Room for a dataset's id.
  std::uint64_t jitter_state_;  // Of a small random number generator.
};

}  // namespace simulator
