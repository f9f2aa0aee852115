// Tells what any API of the cloud, its gateway, IAM or a metadata service means
// by a reply that is no success. Pure; never fails, whatever bytes came.

#pragma once

#include <chrono>
#include <optional>
#include <span>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"
#include "net/fetcher.h"

namespace exporter {

// Why a reply whose status is not the expected one failed. The status decides,
// and the code of the cloud only where the status leaves room: ModelArts.4352
// and APIG.0101 (or APIGW.0101). Whatever the body is, there is a message:
// "HTTP 403 ModelArts.4336: <the cloud's message>", in one line of at most 400
// bytes. A body that is no such JSON is told of by DescribePage. Should the
// reply quote one of `hidden`, that is blotted out. A status that is no
// failure, such as 204, is kMalformed; of a redirect the message says where to,
// without what may be secret there. What a proxy answered itself is kConnect,
// has no http_status, and names the proxy: Cause::kProxyLogin where it wants
// another user or password, else Cause::kProxy.
Error DecodeError(const HttpReply& reply, std::span<const Secret> hidden = {});

// When the server says that it answered; none if it does not, or says a time
// that stands for "not known": 1970 or before.
std::optional<WallTime> TimeOf(const HttpReply& reply);

// How long a reply that refuses us for now wants us to wait, from 0 to one
// hour: by its Retry-After, seconds (a fraction counts as one more) or a date,
// which is compared with TimeOf the reply, else with `now`. Without it by the
// gateway's message, "limit:200,time:5 minute": a tenth of the time it counts
// over (more if the limit is below ten). How much of that has passed is not
// said. Waiting for all of it could lose that much data for nothing; this loses
// a tenth at most, and is refused ten times at most. None if the reply says
// nothing of it.
std::optional<std::chrono::milliseconds> DecodeRetryAfter(
    const HttpReply& reply, WallTime now);

}  // namespace exporter
