// Temporary keys for workloads: the metadata service of a virtual machine, and
// the identity endpoint of a pod.

#pragma once

#include <optional>
#include <string>

#include "credential_store.h"
#include "inventory.h"
#include "reply.h"
#include "request.h"
#include "state.h"

namespace simulator {

// Not safe for concurrent use. `state` must outlive it.
class Metadata {
 public:
  explicit Metadata(State& state);

  // Whose path it is; none if it is nobody's here.
  [[nodiscard]] std::optional<Operation> OperationOf(
      const Request& request) const;

  // REQUIRES: OperationOf(request) is one.
  void Answer(const Request& request, Reply& reply);

 private:
  void AnswerSession(const Request& request, Reply& reply);
  void AnswerSecurityKey(const Request& request, Reply& reply);
  void AnswerPod(const Request& request, Reply& reply);

  State& state_;
  TemporaryKey machine_;
  TemporaryKey pod_;
  ByText<Time> sessions_;  // Token → its end.
};

}  // namespace simulator
