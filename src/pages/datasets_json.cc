#include "pages/datasets_json.h"

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "base/time_format.h"
#include "pages/rows.h"

namespace exporter {
namespace {

using Json = nlohmann::ordered_json;

void SetText(Json& object, const char* key, std::string_view text) {
  if (!text.empty()) object[key] = text;
}

void SetNumber(Json& object, const char* key,
               const std::optional<std::int64_t>& number) {
  if (number) object[key] = *number;
}

void SetTime(Json& object, const char* key,
             const std::optional<WallTime>& time) {
  if (time) object[key] = FormatRfc3339(*time);
}

// 125 rather than 125.0, as the API says it.
void SetSeconds(Json& object, const char* key,
                const std::optional<std::chrono::duration<double>>& span) {
  constexpr double kExact = 9007199254740992;  // 2^53
  if (!span) return;
  const double seconds = span->count();
  if (seconds == std::floor(seconds) && std::abs(seconds) <= kExact) {
    object[key] = static_cast<std::int64_t>(seconds);
  } else if (std::isfinite(seconds)) {
    object[key] = seconds;
  }
}

Json ToJson(const Dataset& dataset, const Overview::Row& row) {
  Json object;
  object["project_id"] = dataset.key.project_id;
  object["dataset_id"] = dataset.key.dataset_id;
  SetText(object, "name", dataset.name);
  SetText(object, "region", dataset.region);
  object["labels"] = Json::object();
  for (const auto& [name, value] : dataset.labels) {
    object["labels"][name] = value;
  }
  if (const auto& status = row.reading.status) {
    object["status"] = ToLabel(status->state);
    SetNumber(object, "total_samples", status->total_samples);
    SetNumber(object, "added_samples", status->added_samples);
    SetNumber(object, "deleted_samples", status->deleted_samples);
    SetSeconds(object, "duration_seconds", status->runtime);
    SetTime(object, "created", status->created);
  }
  SetTime(object, "last_query", row.reading.fetched);
  if (const auto& failure = row.reading.failure) {
    object["success"] = false;
    object["reason"] = ToLabel(failure->kind);
    if (failure->http_status != 0) object["http_status"] = failure->http_status;
    SetText(object, "error_code", failure->code);
    SetText(object, "request_id", failure->request_id);
    // Who refused us credentials, only our words tell.
    const bool is_cloud_enough = !failure->cloud_text.empty() &&
                                 failure->kind != ErrorKind::kCredentials;
    SetText(object, "message",
            is_cloud_enough ? failure->cloud_text : failure->message);
  } else if (const auto& status = row.reading.status) {
    object["success"] = true;
    SetText(object, "error_code", status->error_code);
    SetText(object, "message", status->error_text);
  }
  return object;
}

std::string Text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

BodySource RenderDatasetsJson(std::shared_ptr<const Overview> overview) {
  std::string tail = "\n]";
  if (!overview->never_listed.empty()) {
    tail += ",\"not_listed\":" + Text(overview->never_listed);
  }
  tail += "}\n";
  const std::size_t count = overview->rows.size();
  // One object after the other, so that thousands are never held as a tree.
  auto append = [overview = std::move(overview)](std::string& out,
                                                 std::size_t i) {
    out += i > 0 ? ",\n" : "\n";
    out += Text(ToJson(overview->catalogue->datasets.at(i), overview->rows[i]));
  };
  return MakeRows("{\"datasets\":[", count, std::move(append), std::move(tail));
}

}  // namespace exporter
