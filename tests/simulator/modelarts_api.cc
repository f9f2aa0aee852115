#include "modelarts_api.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "error_bodies.h"
#include "tasks.h"

namespace simulator {
namespace {

constexpr std::string_view kPrefix = "/v2/";
constexpr std::string_view kDatasets = "/datasets";
constexpr std::string_view kStatus = "/sync-data/status";

// `segment` decoded; its own bytes where nothing is encoded, as nearly always.
std::string_view Decoded(std::string_view segment, std::string& room) {
  if (segment.find('%') == std::string_view::npos) return segment;
  room = PercentDecode(segment);
  return room;
}

// A query parameter from `least` to `most`; `fallback` if it is not there, none
// if it is something else.
std::optional<std::size_t> NumberBetween(const Request& request,
                                         std::string_view name,
                                         std::size_t least, std::size_t most,
                                         std::size_t fallback) {
  const std::optional<std::string> text = request.Parameter(name);
  if (!text) return fallback;
  std::size_t number = 0;
  const char* end = text->data() + text->size();
  const auto [rest, error] = std::from_chars(text->data(), end, number);
  if (error != std::errc() || rest != end || number < least || number > most) {
    return std::nullopt;
  }
  return number;
}

void AppendEntry(std::string& body, const Dataset& dataset) {
  body.append(R"({"dataset_id":)").append(dataset.json_id);
  body.append(R"(,"dataset_name":)").append(ToJsonString(dataset.name));
  body.append(R"(,"dataset_type":)").append(std::to_string(dataset.type));
  body.append(R"(,"status":1,"workspace_id":)");
  body.append(ToJsonString(dataset.workspace)).append(R"(,"create_time":)");
  body.append(std::to_string(dataset.created.time_since_epoch().count()));
  // Some of the many fields that nobody asked for.
  body.append(R"(,"data_format":"Default","label_task_count":1,)"
              R"("annotated_sample_count":0,"data_sources":[{"data_type":0,)"
              R"("data_path":"/bucket/in/"}]})");
}

}  // namespace

std::optional<ApiTarget> ParseApiPath(std::string_view path,
                                      std::string& decoded) {
  if (!path.starts_with(kPrefix)) return std::nullopt;
  path.remove_prefix(kPrefix.size());
  ApiTarget target;
  target.project = path.substr(0, path.find('/'));
  path.remove_prefix(target.project.size());
  if (!path.starts_with(kDatasets)) return std::nullopt;
  path.remove_prefix(kDatasets.size());
  if (path.empty()) {
    target.operation = Operation::kList;
    return target;
  }
  if (!path.starts_with('/') || !path.ends_with(kStatus)) return std::nullopt;
  path.remove_prefix(1);
  path.remove_suffix(std::min(path.size(), kStatus.size()));
  if (path.empty() || path.find('/') != std::string_view::npos) {
    return std::nullopt;
  }
  target.operation = Operation::kStatus;
  target.dataset = Decoded(path, decoded);
  return target;
}

void AnswerStatus(const State& state, const Dataset* dataset, Reply& reply) {
  if (dataset == nullptr) {
    ModelArtsError(reply, 400, "ModelArts.4352", "Dataset does not exist");
  } else if (dataset->pinned) {
    reply.status = dataset->pinned->code;
    reply.body = dataset->pinned->body;
  } else {
    Task task{};
    task.status = "NOT_EXIST";  // What cannot sync has no task.
    if (!dataset->IsText()) {
      task = TaskAt(dataset->seed, state.clock.Now(), state.options.life);
    }
    AppendTaskJson(reply.body, task, dataset->json_id);
  }
}

void AnswerList(const State& state, const Request& request,
                const Project& project, Reply& reply) {
  constexpr std::size_t kMostShown = 100;
  const auto limit = NumberBetween(request, "limit", 1, kMostShown, 10);
  const auto offset = NumberBetween(request, "offset", 0, 1'000'000, 0);
  if (!limit || !offset) {
    ModelArtsError(reply, 400, "ModelArts.4101",
                   "limit or offset is out of its range");
    return;
  }
  const std::optional<std::string> workspace =
      request.Parameter("workspace_id");
  std::vector<const Dataset*> all;
  for (const Dataset* dataset : project.datasets) {
    if (dataset->deleted) continue;
    if (workspace && dataset->workspace != *workspace) continue;
    all.push_back(dataset);
  }
  const std::size_t first = std::min(
      all.size(),
      state.options.paging == Paging::kPage ? *offset * *limit : *offset);
  const std::size_t last = std::min(all.size(), first + *limit);
  reply.body = R"({"total_number":)" +
               std::to_string(std::min(all.size(), kMostShown)) +
               R"(,"datasets":[)";
  for (std::size_t i = first; i < last; ++i) {
    if (i > first) reply.body += ',';
    AppendEntry(reply.body, *all[i]);
  }
  reply.body += "]}";
}

}  // namespace simulator
