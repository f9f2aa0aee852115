#include "auth/temporary_key.h"

#include <string>
#include <tuple>
#include <utility>

#include "auth/secret_file.h"
#include "base/time_format.h"
#include "cloud/json_reader.h"
#include "cloud/mended_json.h"

namespace exporter {
namespace {

bool IsUsable(std::string_view part) {
  return FitsHeader(part) && !MayBeMended(part);
}

Failure Lacks(const char* what, const char* name) {
  return Fail(ErrorKind::kMalformed,
              std::string("the reply has no ") + what + " '" + name + '\'');
}

}  // namespace

Result<TemporaryKey> DecodeTemporaryKey(std::string_view body,
                                        const TemporaryKeyNames& names,
                                        WallTime now) {
  const auto texts =
      TextsIn(body, names.object,
              {names.id, names.secret, names.security_token, names.end});
  if (!texts) return Lacks("object", names.object);
  const auto& [id, secret, security_token, end_text] =
      std::tie((*texts)[0], (*texts)[1], (*texts)[2], (*texts)[3]);
  if (!IsUsable(id)) return Lacks("usable", names.id);
  if (!IsUsable(secret)) return Lacks("usable", names.secret);
  if (!IsUsable(security_token)) return Lacks("usable", names.security_token);
  std::optional<WallTime> end = ParseRfc3339(end_text);
  // Year 1 and 1970 are how many say that they do not know.
  if (end && *end < WallTime(std::chrono::hours(24))) end.reset();
  if (end && *end <= now) {
    return Fail(ErrorKind::kMalformed,
                "the key ended at " + FormatRfc3339(*end) +
                    " already; the clock here says " + FormatRfc3339(now));
  }
  return TemporaryKey{{Secret(id), Secret(secret), Secret(security_token)},
                      end};
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

void HeldKey::Refused(const HttpRequest& request) {
  if (IsSignedWith(request, key_)) lease_.GiveUp();
}

std::optional<Error> HeldKey::Finish(Result<TemporaryKey> key, WallTime now) {
  if (!key) {
    lease_.Fail(key.error());
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
