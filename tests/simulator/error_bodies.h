// The shapes in which the cloud says no. Each makes `reply` that answer; what
// it held before is gone, but for its delay and when_over.

#pragma once

#include <string_view>

#include "reply.h"

namespace simulator {

// {"error_code","error_msg"}
void ModelArtsError(Reply& reply, int status, std::string_view code,
                    std::string_view message);

// {"error_msg","error_code","request_id"}
void GatewayError(Reply& reply, int status, std::string_view code,
                  std::string_view message);

// {"error":{"code","message","title"}}
void IamError(Reply& reply, int status, std::string_view message);

// A page as proxies make them.
void HtmlError(Reply& reply, int status);

// 404 APIG.0101: no API has this path.
void UnpublishedError(Reply& reply);

// 429 APIG.0308: more than `limit` requests in `time`, e.g. "5 minute".
void ThrottledError(Reply& reply, std::string_view limit,
                    std::string_view time);

}  // namespace simulator
