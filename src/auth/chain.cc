#include "auth/chain.h"

#include <utility>

#include "auth/access_key.h"
#include "auth/instance_metadata.h"
#include "auth/pod_identity.h"
#include "auth/profile.h"
#include "base/log.h"

namespace exporter {

Chain::Chain(std::vector<Link> links) : links_(std::move(links)) {}

std::unique_ptr<Chain> Chain::Default(const Environment& environment) {
  std::vector<Link> links;
  links.push_back({"environment", std::make_unique<AccessKey>(
                                      KeyFromEnvironment(environment))});
  links.push_back({"profile", std::make_unique<AccessKey>(KeyFromProfile(
                                  FindProfile("", environment), "basic"))});
  links.push_back(
      {"pod_identity", std::make_unique<PodIdentity>(
                           PodIdentity::FromEnvironment(environment))});
  links.push_back({"instance_metadata", std::make_unique<InstanceMetadata>()});
  return std::make_unique<Chain>(std::move(links));
}

Credentials::Readiness Chain::State(WallTime now) const {
  const Credentials* current = Current(now);
  return current == nullptr ? Readiness::kNone : current->State(now);
}

Result<HttpRequest> Chain::Prove(HttpRequest request, WallTime now) {
  Settle(now);
  if (Credentials* current = Current(now)) {
    return current->Prove(std::move(request), now);
  }
  std::string message = "no credentials found";
  for (const Link& link : links_) {
    const auto proved = link.credentials->Prove({}, now);
    message += "; " + link.name + ": " + proved.error().message;
  }
  return Fail(ErrorKind::kCredentials, std::move(message));
}

std::optional<Credentials::RenewalRequest> Chain::Renewal(WallTime now) {
  if (asking_ != nullptr) return std::nullopt;
  // A link that cannot ask after all is not waited for, so the next one may.
  for (std::size_t tries = 0; tries < links_.size(); ++tries) {
    Credentials* current = Current(now);
    if (current == nullptr) return std::nullopt;
    auto renewal = current->Renewal(now);
    if (renewal) asking_ = current;
    if (renewal || current == Current(now)) return renewal;
  }
  return std::nullopt;
}

std::optional<Error> Chain::Renewed(const Result<HttpReply>& reply,
                                    WallTime now) {
  std::optional<Error> error =
      std::exchange(asking_, nullptr)->Renewed(reply, now);
  Settle(now);
  return error;
}

void Chain::Refused(const HttpRequest& request, WallTime now) {
  for (const Link& link : links_) link.credentials->Refused(request, now);
}

void Chain::Refresh(WallTime now) {
  for (const Link& link : links_) link.credentials->Refresh(now);
  Settle(now);
}

std::uint64_t Chain::Generation() const { return generation_; }

std::optional<WallTime> Chain::Expiry() const {
  return taken_ == nullptr ? std::nullopt : taken_->Expiry();
}

Credentials::Lockable Chain::MayBeLocked() const { return Lockable::kKey; }

Credentials* Chain::Current(WallTime now) const {
  if (taken_ != nullptr && taken_->State(now) != Readiness::kNone) {
    return taken_;
  }
  for (const Link& link : links_) {
    if (link.credentials->State(now) != Readiness::kNone) {
      return link.credentials.get();
    }
  }
  return nullptr;
}

void Chain::Settle(WallTime now) {
  Credentials* current = Current(now);
  if (current == nullptr || current->State(now) != Readiness::kReady) return;
  if (current == taken_ && current->Generation() == generation_of_taken_) {
    return;
  }
  ++generation_;
  generation_of_taken_ = current->Generation();
  if (current == std::exchange(taken_, current)) return;
  for (const Link& link : links_) {
    if (link.credentials.get() == current) {
      Log(LogLevel::kInfo, "credentials taken from the default chain",
          {{"source", link.name}});
    }
  }
}

}  // namespace exporter
