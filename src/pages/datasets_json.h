#pragma once

#include <memory>

#include "base/body_source.h"
#include "model/reading.h"

namespace exporter {

inline constexpr char kJsonContentType[] = "application/json";

// The answer to /api/v1/datasets: {"datasets": [{...}, ...]}, in the order of
// the catalogue. A value that is not known is left out:
//   after an answer  `success` is true; `error_code` and `message` are the
//                    task's own;
//   after a failure  `success` is false; `reason`, `http_status`, `error_code`,
//                    `request_id`, and as `message` the cloud's words, or ours
//                    where it said nothing or gave us no credentials; no status
//                    and no counts, as in the metrics;
//   before either    no `success`.
// `last_query` is when the last good answer came, as in the metric of that
// name. Malformed UTF-8 becomes U+FFFD.
BodySource RenderDatasetsJson(std::shared_ptr<const Overview> overview);

}  // namespace exporter
