#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "net/fetcher.h"

namespace exporter {

// Why a signature may have been refused although the key is right: the gateway
// takes no date that is 15 minutes off. If `reply` is a refusal (401) and
// its Date header is more than 5 minutes from `now`, a sentence with both times
// for the log; none otherwise.
std::optional<std::string> DescribeClockSkew(const HttpReply& reply,
                                             WallTime now);

}  // namespace exporter
