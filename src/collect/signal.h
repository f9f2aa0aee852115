// Says of a reply, or the lack of one, what Admission and its parts learn from.

#pragma once

#include <chrono>
#include <optional>

#include "base/error.h"
#include "base/token_bucket.h"

namespace exporter {

struct Signal {
  const Error* error = nullptr;  // Null: it went well.
  std::optional<std::chrono::milliseconds> retry_after = {};
  std::optional<RateLimit> quota = {};  // That a 429 tells of.
  bool is_limit_of_user = true;         // Else of the project, or of the API.
};

}  // namespace exporter
