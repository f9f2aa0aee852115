// The two calls of the ModelArts API, once the gateway has let them through.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "inventory.h"
#include "reply.h"
#include "request.h"
#include "state.h"

namespace simulator {

// What a path of this API names. Views into the path, or into `decoded`.
struct ApiTarget {
  Operation operation = Operation::kOther;  // kStatus or kList
  std::string_view project;
  std::string_view dataset;  // Of kStatus alone.
};

// None if this API has no such path. `decoded` gives room for the names that
// are percent-encoded.
std::optional<ApiTarget> ParseApiPath(std::string_view path,
                                      std::string& decoded);

// GET /v2/{project}/datasets/{dataset}/sync-data/status, of a dataset that may
// not exist.
void AnswerStatus(const State& state, const Dataset* dataset, Reply& reply);

// GET /v2/{project}/datasets
void AnswerList(const State& state, const Request& request,
                const Project& project, Reply& reply);

}  // namespace simulator
