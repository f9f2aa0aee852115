#include "cloud.h"

#include <algorithm>

#include "error_bodies.h"
#include "throttle.h"

namespace simulator {

Cloud::Cloud(State& state)
    : state_(state),
      auth_(state.options, state.keys, state.tokens, state.counters),
      iam_(state),
      metadata_(state),
      control_(state),
      jitter_state_(1) {}

void Cloud::Handle(const Request& request, Reply& reply) {
  if (request.path.starts_with(kControlPrefix)) {
    control_.Answer(request, reply);
    return;
  }
  std::optional<ApiTarget> target;
  if (request.method == "GET") target = ParseApiPath(request.path, decoded_);
  Project* project = nullptr;
  Dataset* dataset = nullptr;
  Operation operation = Operation::kOther;
  if (target) {
    operation = target->operation;
    project = state_.inventory.FindProject(target->project);
    if (project != nullptr && operation == Operation::kStatus) {
      dataset = Inventory::FindDataset(*project, target->dataset);
    }
  } else if (request.path == "/v3/auth/tokens" && request.method == "POST") {
    operation = Operation::kToken;
  } else {
    operation = metadata_.OperationOf(request).value_or(Operation::kOther);
  }

  Count(operation, dataset, reply);
  state_.counters.user_agent = request.Find("user-agent");
  switch (operation) {
    case Operation::kStatus:
    case Operation::kList:
      AnswerApi(request, *target, project, dataset, reply);
      break;
    case Operation::kToken:
      iam_.Answer(request, reply);
      break;
    case Operation::kMetadata:
    case Operation::kPod:
      metadata_.Answer(request, reply);
      break;
    case Operation::kOther:
      UnpublishedError(reply);
      break;
  }
  reply.delay = Latency();
  // Last, so that what the gateway counts and locks is the same with a fault.
  Counters::OfOperation& counter = state_.counters.Of(operation);
  Disturb(FaultOf(operation, target ? &*target : nullptr, dataset),
          dataset != nullptr ? dataset->requests : counter.requests,
          request.Find("host"), reply);
  const bool answers = reply.manner != Manner::kHang &&
                       reply.manner != Manner::kClose &&
                       reply.manner != Manner::kReset;
  if (answers) ++counter.responses[reply.status];
}

void Cloud::Count(Operation operation, Dataset* dataset, Reply& reply) {
  Counters& counters = state_.counters;
  ++counters.Of(operation).requests;
  counters.max_in_flight =
      std::max(counters.max_in_flight, ++counters.in_flight);
  if (dataset == nullptr) {
    reply.when_over = [&counters] { --counters.in_flight; };
    return;
  }
  ++dataset->requests;
  if (dataset->in_flight++ > 0) ++counters.overlapping;
  reply.when_over = [&counters, dataset] {
    --counters.in_flight;
    --dataset->in_flight;
  };
}

void Cloud::AnswerApi(const Request& request, const ApiTarget& target,
                      Project* project, const Dataset* dataset, Reply& reply) {
  const Time now = state_.clock.Now();
  if (const auto refusal = auth_.Check(request, target.project, now)) {
    if (refusal->code.starts_with("APIG")) {
      GatewayError(reply, refusal->status, refusal->code, refusal->message);
    } else {
      ModelArtsError(reply, refusal->status, refusal->code, refusal->message);
    }
    return;
  }
  const std::optional<Rate>& rate = state_.options.per_project_rate;
  if (project != nullptr && rate && OverRate(*rate, *project, now)) {
    ++state_.counters.throttled;
    ThrottledError(reply, std::to_string(rate->requests), InWords(rate->per));
  } else if (project == nullptr) {
    ModelArtsError(reply, 404, "ModelArts.6623", "The project has no datasets");
  } else if (target.operation == Operation::kStatus) {
    AnswerStatus(state_, dataset, reply);
  } else {
    AnswerList(state_, request, *project, reply);
  }
}

Fault Cloud::FaultOf(Operation operation, const ApiTarget* target,
                     Dataset* dataset) const {
  if (dataset == nullptr) return state_.faults.ForOperation(Name(operation));
  // The patterns are matched once for each dataset and version of the rules.
  if (dataset->fault_version != state_.faults.Version()) {
    dataset->fault = state_.faults.ForDataset(target->project, dataset->id,
                                              dataset->ordinal);
    dataset->fault_version = state_.faults.Version();
  }
  return dataset->fault;
}

std::chrono::milliseconds Cloud::Latency() {
  const auto jitter =
      static_cast<std::uint64_t>(state_.options.latency_jitter.count());
  if (jitter == 0) return state_.options.latency;
  jitter_state_ ^= jitter_state_ << 13U;  // xorshift64
  jitter_state_ ^= jitter_state_ >> 7U;
  jitter_state_ ^= jitter_state_ << 17U;
  return state_.options.latency +
         std::chrono::milliseconds(jitter_state_ % (jitter + 1));
}

}  // namespace simulator
