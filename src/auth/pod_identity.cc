#include "auth/pod_identity.h"

#include <utility>

#include "auth/secret_file.h"
#include "cloud/error_reply.h"
#include "net/url.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kTimeout = 3s;
constexpr std::chrono::milliseconds kBetweenReadings = 1s;
constexpr char kUri[] = "HC_CONTAINER_CREDENTIALS_FULL_URI";
constexpr char kTokenFile[] = "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE";
constexpr TemporaryKeyNames kNames = {"credentials", "accessKeyId",
                                      "secretAccessKey", "securityToken",
                                      "expiration"};

std::optional<Error> FaultIn(const PodIdentity::Settings& settings) {
  const auto fault = [](const char* variable, const char* what) {
    return Error{ErrorKind::kCredentials, std::string(variable) + what};
  };
  if (settings.uri.empty()) return fault(kUri, " is not set");
  if (!SplitUrl(settings.uri)) return fault(kUri, " is no http or https URL");
  if (settings.token_file.empty()) return fault(kTokenFile, " is not set");
  return std::nullopt;
}

}  // namespace

PodIdentity::Settings PodIdentity::FromEnvironment(
    const Environment& environment) {
  return {Variable(environment, kUri), Variable(environment, kTokenFile)};
}

PodIdentity::PodIdentity(Settings settings)
    : settings_(std::move(settings)),
      fault_(FaultIn(settings_)),
      direct_(std::make_shared<Transport>()),
      key_("no key of this pod's identity", 40min) {}

Credentials::Readiness PodIdentity::State(WallTime now) const {
  return fault_ ? Readiness::kNone : key_.State(now);
}

Result<HttpRequest> PodIdentity::Prove(HttpRequest request, WallTime now) {
  if (fault_) return Fail(*fault_);
  return key_.Prove(std::move(request), now);
}

std::optional<Credentials::RenewalRequest> PodIdentity::Renewal(WallTime now) {
  if (fault_ || !key_.IsWanted(now)) return std::nullopt;
  // Nothing was asked then, so nobody else holds this back.
  if (unreadable_at_ && now >= *unreadable_at_ &&
      now - *unreadable_at_ < kBetweenReadings) {
    return std::nullopt;
  }
  key_.Begin();
  Result<Secret> token = ReadSecretFile(settings_.token_file);
  if (!token) {
    unreadable_at_ = now;
    key_.Finish(Fail(token.error()), now);
    return std::nullopt;
  }
  token_ = *std::move(token);
  RenewalRequest ask;
  ask.kind = RenewalKind::kMetadata;
  ask.timeout = kTimeout;
  ask.request.method = "POST";
  ask.request.url = settings_.uri;
  ask.request.headers = {{"Authorization", token_.Reveal()},
                         {"Content-Type", "application/json"}};
  ask.request.body = "{}";
  ask.request.transport = direct_;
  return ask;
}

std::optional<Error> PodIdentity::Renewed(const Result<HttpReply>& reply,
                                          WallTime now) {
  if (!reply) {
    return key_.Finish(Fail(While("asking the agent", reply.error())), now);
  }
  if (reply->status != 200 && reply->status != 201) {
    return key_.Finish(
        Fail(While("the agent refused", DecodeError(*reply, {&token_, 1}))),
        now);
  }
  return key_.Finish(DecodeTemporaryKey(reply->body, kNames, now), now);
}

void PodIdentity::Refused(const HttpRequest& request) { key_.Refused(request); }

void PodIdentity::Refresh(WallTime /*now*/) {}

std::uint64_t PodIdentity::Generation() const { return key_.Generation(); }

std::optional<WallTime> PodIdentity::Expiry() const { return key_.Expiry(); }

Credentials::Lockable PodIdentity::MayBeLocked() const {
  return Lockable::kKey;
}

}  // namespace exporter
