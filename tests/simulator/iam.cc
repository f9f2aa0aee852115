#include "iam.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "error_bodies.h"

namespace simulator {
namespace {

using Json = nlohmann::ordered_json;

// The string at `path` of `json`; empty if there is none.
std::string Text(const Json& json, const char* path) {
  const Json::json_pointer pointer(path);
  if (!json.contains(pointer) || !json.at(pointer).is_string()) return {};
  return json.at(pointer).get<std::string>();
}

}  // namespace

Iam::Iam(State& state)
    : state_(state),
      locks_(state.options.lock_after, state.options.lock_time) {}

void Iam::Answer(const Request& request, Reply& reply) {
  const Json json =
      Json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  const std::string project = Text(json, "/auth/scope/project/id");
  if (Text(json, "/auth/identity/methods/0") != "password" || project.empty()) {
    IamError(reply, 400, "The request body is invalid.");
    return;
  }
  const std::string user = "/auth/identity/password/user";
  const IamUser tried = {.domain = Text(json, (user + "/domain/name").c_str()),
                         .name = Text(json, (user + "/name").c_str()),
                         .password = Text(json, (user + "/password").c_str())};
  const std::string account = tried.domain + "/" + tried.name;
  const Time now = state_.clock.Now();
  if (locks_.Locked(account, now)) {
    ++state_.counters.auth_failures;
    ++state_.counters.locked_refusals;
    IamError(reply, 401, "The account is locked. Try again in 5 minutes.");
    return;
  }
  const auto& users = state_.options.iam_users;
  const bool right =
      std::any_of(users.begin(), users.end(), [&](const IamUser& known) {
        return known.domain == tried.domain && known.name == tried.name &&
               known.password == tried.password;
      });
  if (!right) {
    ++state_.counters.auth_failures;
    if (locks_.Failed(account, now)) ++state_.counters.locks;
    IamError(reply, 401, "The username or password is wrong.");
    return;
  }
  locks_.Succeeded(account);
  if (state_.inventory.FindProject(project) == nullptr) {
    IamError(reply, 404, "Could not find project: " + project + ".");
    return;
  }
  ++state_.counters.tokens_issued;
  const auto lifetime = state_.options.token_lifetime;
  const Json body = {
      {"token",
       {{"expires_at", FormatExpiry(now + lifetime)},
        {"issued_at", FormatExpiry(now)},
        {"methods", {"password"}},
        {"project", {{"id", project}, {"domain", {{"name", tried.domain}}}}},
        {"user", {{"name", tried.name}}}}}};
  reply.status = 201;
  reply.AddHeader(
      "X-Subject-Token",
      state_.tokens.Issue(project, state_.options.token_bytes, now, lifetime));
  reply.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace simulator
