#include "auth/instance_metadata.h"

#include <utility>

#include "auth/secret_file.h"
#include "base/header_text.h"
#include "cloud/error_reply.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kTimeout = 3s;
constexpr TemporaryKeyNames kNames = {"credential", "access", "secret",
                                      "securitytoken", "expires_at"};

}  // namespace

InstanceMetadata::InstanceMetadata(std::string endpoint)
    : endpoint_(std::move(endpoint)),
      direct_(std::make_shared<Transport>()),
      key_("no key from the metadata service", 40min) {
  while (endpoint_.ends_with('/')) endpoint_.pop_back();
}

Credentials::Readiness InstanceMetadata::State(WallTime now) const {
  return key_.State(now);
}

Result<HttpRequest> InstanceMetadata::Prove(HttpRequest request, WallTime now) {
  return key_.Prove(std::move(request), now);
}

std::optional<Credentials::RenewalRequest> InstanceMetadata::Renewal(
    WallTime now) {
  if (step_ == Step::kKeyIsNext) {
    step_ = Step::kKeyAsked;
    return Ask("GET", "/openstack/latest/securitykey",
               {"X-Metadata-Token", token_.Reveal()});
  }
  if (!key_.IsWanted(now)) return std::nullopt;
  key_.Begin();
  step_ = Step::kTokenAsked;
  return Ask("PUT", "/meta-data/latest/api/token",
             {"X-Metadata-Token-Ttl-Seconds", "21600"});
}

std::optional<Error> InstanceMetadata::Renewed(const Result<HttpReply>& reply,
                                               WallTime now) {
  const Step step = std::exchange(step_, Step::kIdle);
  if (!reply) {
    return key_.Finish(Fail(While("asking it", reply.error())), now);
  }
  if (step == Step::kKeyAsked) {
    return key_.Finish(DecodeKey(*reply, now), now);
  }
  Result<Secret> token = DecodeToken(*reply);
  if (!token) return key_.Finish(Fail(token.error()), now);
  token_ = *std::move(token);
  step_ = Step::kKeyIsNext;
  return std::nullopt;
}

bool InstanceMetadata::HasNextStep(WallTime /*now*/) const {
  return step_ == Step::kKeyIsNext;
}

void InstanceMetadata::Refused(const HttpRequest& request) {
  key_.Refused(request);
}

void InstanceMetadata::Refresh(WallTime /*now*/) {}

std::uint64_t InstanceMetadata::Generation() const { return key_.Generation(); }

std::optional<WallTime> InstanceMetadata::Expiry() const {
  return key_.Expiry();
}

Credentials::Lockable InstanceMetadata::MayBeLocked() const {
  return Lockable::kKey;
}

Credentials::RenewalRequest InstanceMetadata::Ask(
    std::string method, std::string_view path,
    std::pair<std::string, std::string> header) const {
  RenewalRequest ask;
  ask.kind = RenewalKind::kMetadata;
  ask.timeout = kTimeout;
  ask.request.method = std::move(method);
  ask.request.url = endpoint_;
  ask.request.url += path;
  if (!header.second.empty()) ask.request.headers.push_back(std::move(header));
  ask.request.transport = direct_;
  return ask;
}

Result<Secret> InstanceMetadata::DecodeToken(const HttpReply& reply) {
  // How services without a hardened mode, or with it switched off, answer.
  if (reply.status == 404 || reply.status == 405 || reply.status == 503) {
    return Secret();
  }
  if (reply.status != 200) {
    return Fail(While("asking for a token", DecodeError(reply)));
  }
  const std::string_view token = Trim(reply.body);
  if (!FitsHeader(token)) {
    return Fail(ErrorKind::kMalformed,
                "its token is empty, too long or holds a control character");
  }
  return Secret(std::string(token));
}

Result<TemporaryKey> InstanceMetadata::DecodeKey(const HttpReply& reply,
                                                 WallTime now) const {
  if (reply.status == 200) return DecodeTemporaryKey(reply.body, kNames, now);
  Error error = DecodeError(reply, {&token_, 1});
  if (reply.status == 404) {
    error = While("no agency is bound to this server", std::move(error));
  }
  return Fail(std::move(error));
}

}  // namespace exporter
