#include "metadata.h"

#include <charconv>
#include <nlohmann/json.hpp>

#include "error_bodies.h"

namespace simulator {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSession = "/meta-data/latest/api/token";
constexpr std::string_view kSecurityKey = "/openstack/latest/securitykey";
constexpr std::string_view kPod = "/pod-identity";

void AnswerText(Reply& reply, int status, std::string text) {
  reply.status = status;
  reply.content_type = "text/plain";
  reply.body = std::move(text);
}

}  // namespace

Metadata::Metadata(State& state)
    : state_(state),
      machine_(state.keys, state.options.key_lifetime),
      pod_(state.keys, state.options.key_lifetime) {}

std::optional<Operation> Metadata::OperationOf(const Request& request) const {
  if (request.path == kPod && !state_.options.pod_token.empty()) {
    return Operation::kPod;
  }
  if (state_.options.metadata != MetadataMode::kOff &&
      (request.path == kSession || request.path == kSecurityKey)) {
    return Operation::kMetadata;
  }
  return std::nullopt;
}

void Metadata::Answer(const Request& request, Reply& reply) {
  if (request.path == kPod) {
    AnswerPod(request, reply);
  } else if (request.path == kSession) {
    AnswerSession(request, reply);
  } else {
    AnswerSecurityKey(request, reply);
  }
}

void Metadata::AnswerSession(const Request& request, Reply& reply) {
  if (state_.options.metadata == MetadataMode::kPlain) {
    AnswerText(reply, 404, "404 Not Found");
    return;
  }
  if (request.method != "PUT") {
    AnswerText(reply, 405, "405 Method Not Allowed");
    return;
  }
  constexpr int kLongest = 21600;
  const std::string_view asked = request.Find("x-metadata-token-ttl-seconds");
  int seconds = 0;
  std::from_chars(asked.data(), asked.data() + asked.size(), seconds);
  if (seconds < 1 || seconds > kLongest) {
    AnswerText(reply, 400, "400 Bad Request");
    return;
  }
  AnswerText(reply, 200, RandomText(56));
  sessions_[reply.body] = state_.clock.Now() + std::chrono::seconds(seconds);
}

void Metadata::AnswerSecurityKey(const Request& request, Reply& reply) {
  const Time now = state_.clock.Now();
  const std::string_view token = request.Find("x-metadata-token");
  const auto session = sessions_.find(token);
  const bool valid = session != sessions_.end() && now < session->second;
  // A wrong token is refused also where none is needed.
  if (!valid && (state_.options.metadata == MetadataMode::kRequired ||
                 (state_.options.metadata == MetadataMode::kHardened &&
                  !token.empty()))) {
    AnswerText(reply, 401, "401 Unauthorized");
    return;
  }
  const auto& [key, expires] = machine_.Current(now);
  const Json body = {{"credential",
                      {{"access", key.id},
                       {"secret", key.secret},
                       {"securitytoken", key.security_token},
                       {"expires_at", FormatExpiry(expires)}}}};
  reply.body = body.dump();
}

void Metadata::AnswerPod(const Request& request, Reply& reply) {
  if (request.method != "POST") {
    AnswerText(reply, 405, "405 Method Not Allowed");
    return;
  }
  if (request.Find("authorization") != state_.options.pod_token) {
    ++state_.counters.auth_failures;
    IamError(reply, 401, "The service account's token is invalid.");
    return;
  }
  const auto& [key, expires] = pod_.Current(state_.clock.Now());
  const Json body = {{"credentials",
                      {{"accessKeyId", key.id},
                       {"secretAccessKey", key.secret},
                       {"securityToken", key.security_token},
                       {"expiration", FormatExpiry(expires)}}}};
  reply.body = body.dump();
}

}  // namespace simulator
