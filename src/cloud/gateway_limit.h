// Reads what the gateway says of a limit that was exceeded:
// "Too many requests: policy user over ratelimit,limit:200,time:5 minute".

#pragma once

#include <chrono>
#include <optional>

#include "net/fetcher.h"

namespace exporter {

struct GatewayLimit {
  // Whose limit it is: the user's, for all that he asks; else that of one API,
  // or of an app. Where the reply does not say, it is taken for the user's.
  bool is_of_user = true;
  // In `window`, up to 1,000,000; none: not said. 0: nothing is let through.
  std::optional<int> requests;
  std::chrono::milliseconds window{};  // Up to 30 days.
};

// Of a reply with the status 429. Pure; never fails.
GatewayLimit DecodeGatewayLimit(const HttpReply& reply);

}  // namespace exporter
