#include "control.h"

#include <nlohmann/json.hpp>

#include "base/duration.h"
#include "error_bodies.h"

namespace simulator {

const char kControlHelp[] =
    "Endpoints for tests:\n"
    "  GET  /simulator/counters[?datasets=true]\n"
    "  POST /simulator/reset-counters\n"
    "  POST, DELETE /simulator/datasets/PROJECT/ID[?name=&type=&workspace=]\n"
    "  POST /simulator/fault?match=MATCH&fault=FAULT\n"
    "  POST /simulator/task?project=&dataset=&status=STATUS[&error_code=...], "
    "further fields of the status answer; status=live unpins; with a body and "
    "code=, that answer instead\n"
    "  POST /simulator/revoke-tokens (all), /simulator/revoke-keys (temporary "
    "ones)\n"
    "  POST /simulator/accept-token?token=\n"
    "  POST, DELETE /simulator/access-key?id=&secret=[&security_token=]\n"
    "  POST /simulator/advance-clock?by=5m\n"
    "  GET  /simulator/exporter.yml (all datasets, for the exporter)\n"
    "  ANY  /simulator/trap (where redirects lead; counted)";

namespace {

using exporter::ErrorKind;
using exporter::Fail;
using Json = nlohmann::ordered_json;

std::string ParameterOf(const Request& request, std::string_view name) {
  return request.Parameter(name).value_or("");
}

// The answer that the query of `request` describes, field by field.
exporter::Result<Answer> DescribedAnswer(const Request& request,
                                         const Dataset& dataset) {
  if (!request.body.empty()) {
    const std::string code = request.Parameter("code").value_or("200");
    return Answer{std::atoi(code.c_str()), std::string(request.body)};
  }
  Json body = {{"dataset_id", dataset.id}};
  for (const char* field : {"status", "task_id", "error_code", "error_msg"}) {
    if (const auto value = request.Parameter(field)) body[field] = *value;
  }
  for (const char* field :
       {"create_time", "duration_time", "total_sample_count",
        "add_sample_count", "deleted_sample_count"}) {
    const auto value = request.Parameter(field);
    if (!value) continue;
    body[field] = Json::parse(*value, nullptr, /*allow_exceptions=*/false);
    if (!body[field].is_number()) {
      return Fail(ErrorKind::kConfig, std::string(field) + " is no number");
    }
  }
  return Answer{200, body.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace

void Control::Answer(const Request& request, Reply& reply) {
  std::string_view action = request.path;
  action.remove_prefix(kControlPrefix.size());
  exporter::Result<std::string> said = Do(request, action);
  if (!said) {
    ModelArtsError(reply, 400, "Simulator", said.error().message);
    return;
  }
  reply.body = *said;
  if (action == "exporter.yml") reply.content_type = "application/yaml";
}

exporter::Result<std::string> Control::Do(const Request& request,
                                          std::string_view action) {
  constexpr std::string_view kDatasets = "datasets/";
  const std::string done = "{}\n";
  if (action == "trap") {
    ++state_.counters.trapped;
    return done;
  }
  if (request.method == "GET" && action == "counters") {
    return CountersJson(ParameterOf(request, "datasets") == "true");
  }
  if (request.method == "GET" && action == "exporter.yml") {
    return ExporterConfig(request);
  }
  if (request.method != "POST" && request.method != "DELETE") {
    return Fail(ErrorKind::kConfig, "no such endpoint; see --help");
  }
  if (action.starts_with(kDatasets)) {
    return ChangeDataset(request, action.substr(kDatasets.size()));
  }
  if (action == "access-key") return SetAccessKey(request);
  if (action == "task") return PinTask(request);
  if (action == "fault") {
    const auto set = state_.faults.Set(ParameterOf(request, "match"),
                                       ParameterOf(request, "fault"));
    if (!set) return Fail(set.error());
    return done;
  }
  if (action == "reset-counters") {
    const std::uint64_t in_flight = state_.counters.in_flight;
    state_.counters = {};
    state_.counters.in_flight = state_.counters.max_in_flight = in_flight;
    for (const auto& [id, project] : state_.inventory.Projects()) {
      for (Dataset* dataset : project.datasets) dataset->requests = 0;
    }
    return done;
  }
  if (action == "revoke-tokens") {
    state_.tokens.RevokeAll();
    return done;
  }
  if (action == "revoke-keys") {
    state_.keys.RemoveTemporary();
    return done;
  }
  if (action == "advance-clock") {
    const auto by = exporter::ParseDuration(ParameterOf(request, "by"));
    if (!by) return Fail(ErrorKind::kConfig, "by is no duration");
    state_.clock.Advance(*by);
    return done;
  }
  if (action == "accept-token") {
    state_.tokens.Accept(ParameterOf(request, "token"));
    return done;
  }
  return Fail(ErrorKind::kConfig, "no such endpoint; see --help");
}

exporter::Result<std::string> Control::ChangeDataset(const Request& request,
                                                     std::string_view names) {
  const std::size_t slash = names.find('/');
  if (slash == std::string_view::npos) {
    return Fail(ErrorKind::kConfig, "expected datasets/PROJECT/ID");
  }
  const std::string project = PercentDecode(names.substr(0, slash));
  const std::string id = PercentDecode(names.substr(slash + 1));
  Dataset& dataset = state_.inventory.Create(project, id, state_.clock.Now());
  dataset.deleted = request.method == "DELETE";
  if (const auto name = request.Parameter("name")) dataset.name = *name;
  if (const auto type = request.Parameter("type")) {
    dataset.type = std::atoi(type->c_str());
  }
  if (const auto workspace = request.Parameter("workspace")) {
    dataset.workspace = *workspace;
  }
  return "{\"dataset_id\":" + dataset.json_id + "}\n";
}

exporter::Result<std::string> Control::PinTask(const Request& request) {
  const Project* project =
      state_.inventory.FindProject(ParameterOf(request, "project"));
  Dataset* dataset =
      project == nullptr
          ? nullptr
          : Inventory::FindDataset(*project, ParameterOf(request, "dataset"));
  if (dataset == nullptr) return Fail(ErrorKind::kConfig, "no such dataset");
  if (ParameterOf(request, "status") == "live") {
    dataset->pinned.reset();
    return std::string("{}\n");
  }
  exporter::Result<simulator::Answer> answer =
      DescribedAnswer(request, *dataset);
  if (!answer) return Fail(answer.error());
  dataset->pinned = *answer;
  return answer->body + "\n";
}

exporter::Result<std::string> Control::SetAccessKey(const Request& request) {
  const AccessKey key = {
      .id = ParameterOf(request, "id"),
      .secret = ParameterOf(request, "secret"),
      .security_token = ParameterOf(request, "security_token")};
  if (request.method == "DELETE") {
    state_.keys.Remove(key.id);
  } else {
    state_.keys.Add(key, std::nullopt);
  }
  return std::string("{}\n");
}

std::string Control::CountersJson(bool by_dataset) const {
  const Counters& counters = state_.counters;
  Json json;
  for (std::size_t i = 0; i < kOperationNames.size(); ++i) {
    const std::string name(kOperationNames.at(i));
    const Counters::OfOperation& operation = counters.operations.at(i);
    json["requests"][name] = operation.requests;
    json["responses"][name] = Json::object();
    for (const auto& [status, count] : operation.responses) {
      json["responses"][name][std::to_string(status)] = count;
    }
  }
  json["connections_accepted"] = counters.connections_accepted;
  json["in_flight"] = counters.in_flight;
  json["max_in_flight"] = counters.max_in_flight;
  json["overlapping"] = counters.overlapping;
  json["auth_failures"] = counters.auth_failures;
  json["locked_refusals"] = counters.locked_refusals;
  json["locks"] = counters.locks;
  json["tokens_issued"] = counters.tokens_issued;
  json["throttled"] = counters.throttled;
  json["trapped"] = counters.trapped;
  json["user_agent"] = counters.user_agent;
  if (by_dataset) {
    json["datasets"] = Json::object();
    for (const auto& [id, project] : state_.inventory.Projects()) {
      for (const Dataset* dataset : project.datasets) {
        json["datasets"][id + "/" + dataset->id] = dataset->requests;
      }
    }
  }
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string Control::ExporterConfig(const Request& request) const {
  const std::string endpoint =
      (state_.options.tls_cert.empty() ? "http://" : "https://") +
      std::string(request.Find("host"));
  std::string yaml = "projects:\n";
  for (const auto& [id, project] : state_.inventory.Projects()) {
    // JSON strings are YAML strings.
    yaml += "- project_id: " + ToJsonString(id) +
            "\n  region: " + ToJsonString(project.region) +
            "\n  endpoint: " + endpoint + "\n  datasets:\n";
    for (const Dataset* dataset : project.datasets) {
      if (dataset->deleted || dataset->IsText()) continue;
      yaml += "  - {id: " + dataset->json_id +
              ", name: " + ToJsonString(dataset->name) + "}\n";
    }
    if (project.datasets.empty()) yaml += "    []\n";
    yaml += "  credentials: {token: ";
    const auto& tokens = state_.options.tokens;
    yaml += ToJsonString(tokens.empty() ? "any" : tokens.front()) + "}\n";
  }
  return yaml;
}

}  // namespace simulator
