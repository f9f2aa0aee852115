#include "auth/chain.h"

#include <algorithm>
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
  if (Next(now) == nullptr) ++round_;
  // A link that cannot ask after all is not waited for, so the next one may.
  for (std::size_t tries = 0; tries < links_.size(); ++tries) {
    Credentials* next = Next(now);
    if (next == nullptr) return std::nullopt;
    auto renewal = next->Renewal(now);
    if (renewal) asking_ = next;
    if (renewal || next->State(now) != Readiness::kNone) return renewal;
    failed_in_[next] = round_;
  }
  return std::nullopt;
}

std::optional<Error> Chain::Renewed(const Result<HttpReply>& reply,
                                    WallTime now) {
  Credentials* const asked = std::exchange(asking_, nullptr);
  std::optional<Error> error = asked->Renewed(reply, now);
  if (error) {
    failed_in_[asked] = round_;
  } else if (asked->State(now) == Readiness::kReady) {
    ++round_;
  }
  Settle(now);
  return error;
}

bool Chain::HasNextStep(WallTime now) const {
  const Credentials* next = asking_ == nullptr ? Next(now) : nullptr;
  if (next == nullptr) return false;
  if (next->HasNextStep(now)) return true;
  const bool has_begun = std::any_of(
      failed_in_.begin(), failed_in_.end(),
      [this](const auto& failed) { return failed.second == round_; });
  return has_begun && next->State(now) != Readiness::kReady;
}

void Chain::Refused(const HttpRequest& request) {
  for (const Link& link : links_) link.credentials->Refused(request);
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

Credentials* Chain::Next(WallTime now) const {
  if (Credentials* current = Current(now)) return current;
  for (const Link& link : links_) {
    const auto failed = failed_in_.find(link.credentials.get());
    if (failed != failed_in_.end() && failed->second < round_) {
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
  // Whatever becomes of it: a renewal may bring it back.
  failed_in_.try_emplace(current, 0);
  for (const Link& link : links_) {
    if (link.credentials.get() == current) {
      Log(LogLevel::kInfo, "credentials taken from the default chain",
          {{"source", link.name}});
    }
  }
}

}  // namespace exporter
