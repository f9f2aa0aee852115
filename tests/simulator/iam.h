// POST /v3/auth/tokens: a token for a user's password.

#pragma once

#include "locks.h"
#include "reply.h"
#include "request.h"
#include "state.h"

namespace simulator {

// Not safe for concurrent use. `state` must outlive it.
class Iam {
 public:
  explicit Iam(State& state);

  void Answer(const Request& request, Reply& reply);

 private:
  State& state_;
  Locks locks_;
};

}  // namespace simulator
