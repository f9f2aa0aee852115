#include "auth/temporary_key.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "auth/reply_json.h"
#include "auth/secret_file.h"
#include "base/time_format.h"

namespace exporter {
namespace {

using nlohmann::json;

Result<Secret> PartIn(const json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end() || !member->is_string() ||
      !FitsHeader(member->get_ref<const std::string&>())) {
    return Fail(ErrorKind::kMalformed,
                std::string("the reply has no usable '") + name + '\'');
  }
  return Secret(member->get<std::string>());
}

}  // namespace

Result<TemporaryKey> DecodeTemporaryKey(std::string_view body,
                                        const TemporaryKeyNames& names,
                                        WallTime now) {
  const json reply = ParseReply(body);
  if (!reply.contains(names.object) || !reply[names.object].is_object()) {
    return Fail(ErrorKind::kMalformed,
                std::string("the reply has no object '") + names.object + '\'');
  }
  const json& object = reply[names.object];
  Result<Secret> id = PartIn(object, names.id);
  if (!id) return Fail(id.error());
  Result<Secret> secret = PartIn(object, names.secret);
  if (!secret) return Fail(secret.error());
  Result<Secret> security_token = PartIn(object, names.security_token);
  if (!security_token) return Fail(security_token.error());

  std::optional<WallTime> end;
  const auto end_text = object.find(names.end);
  if (end_text != object.end() && end_text->is_string()) {
    end = ParseRfc3339(end_text->get_ref<const std::string&>());
  }
  if (end && *end <= now) {
    return Fail(ErrorKind::kMalformed,
                "the key ended at " + FormatRfc3339(*end) +
                    " already; the clock here says " + FormatRfc3339(now));
  }
  return TemporaryKey{
      {*std::move(id), *std::move(secret), *std::move(security_token)}, end};
}

HeldKey::HeldKey(std::string what, std::chrono::milliseconds renew_ahead)
    : what_(std::move(what)), lease_(renew_ahead) {}

Credentials::Readiness HeldKey::State(WallTime now) const {
  return lease_.State(now);
}

Result<HttpRequest> HeldKey::Prove(HttpRequest request, WallTime now) const {
  if (!lease_.Holds(now)) {
    Error why = lease_.Why();
    why.kind = ErrorKind::kCredentials;
    return Fail(While(what_, std::move(why)));
  }
  return Sign(std::move(request), key_, now);
}

void HeldKey::Refused(const HttpRequest& request, WallTime now) {
  if (IsSignedWith(request, key_)) lease_.Refuse(now);
}

std::optional<Error> HeldKey::Finish(Result<TemporaryKey> key, WallTime now) {
  if (!key) {
    lease_.Fail(key.error(), now);
    return key.error();
  }
  lease_.Succeed(key->end, now);
  if (key->key != key_) {
    key_ = std::move(key->key);
    ++generation_;
  }
  return std::nullopt;
}

}  // namespace exporter
