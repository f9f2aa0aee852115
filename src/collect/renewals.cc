#include "collect/renewals.h"

#include <utility>

#include "base/log.h"
#include "base/time_format.h"
#include "model/advice.h"
#include "modelarts/decode.h"

namespace exporter {
namespace {

constexpr std::chrono::milliseconds kBetweenRefreshes{200};

Operation OperationOf(const Plan::Renewal& renewal) {
  return renewal.request.kind == Credentials::RenewalKind::kToken
             ? Operation::kToken
             : Operation::kMetadata;
}

}  // namespace

void Renewals::Keep(const Projects& projects) {
  std::set<std::string> ids;
  for (const auto& project : projects) ids.insert(project->project_id);
  metrics_.ForgetCredentialsExpiryExcept(ids);
  std::erase_if(without_,
                [&](const std::string& id) { return !ids.contains(id); });
}

void Renewals::Refresh(const Projects& projects) {
  const SteadyTime now = clock_.SteadyNow();
  if (now - refreshed_at_ < kBetweenRefreshes) return;
  refreshed_at_ = now;
  for (const auto& project : projects) {
    project->credentials->Refresh(clock_.WallNow());
    LogState(*project);
    ShowExpiry(*project);
  }
}

void Renewals::Begin(Plan::Renewal renewal) {
  const Operation operation = OperationOf(renewal);
  const SteadyTime began = clock_.SteadyNow();
  HttpRequest request = std::move(renewal.request.request);
  request.deadline = began + renewal.request.timeout;
  if (!request.transport && operation == Operation::kToken) {
    request.transport = renewal.project->transport;
  }
  metrics_.Requested(operation);
  fetcher_.Start(std::move(request),
                 [this, began, renewal](const Result<HttpReply>& reply) {
                   Came(renewal, reply, began);
                 });
}

void Renewals::Came(const Plan::Renewal& renewal,
                    const Result<HttpReply>& reply, SteadyTime began) {
  const WallTime now = clock_.WallNow();
  Credentials& credentials = *renewal.project->credentials;
  Count(OperationOf(renewal), reply, clock_.SteadyNow() - began);
  credentials.Renewed(reply, now);
  LogState(*renewal.project);
  ShowExpiry(*renewal.project);

  std::shared_ptr<const Error> refusal;
  if (reply && reply->status == 401 &&
      credentials.State(now) == Credentials::Readiness::kNone) {
    refusal = std::make_shared<const Error>(
        credentials.Prove(HttpRequest{}, now).error());
  }
  ended_(renewal.id, std::move(refusal));
}

void Renewals::Count(Operation operation, const Result<HttpReply>& reply,
                     SteadyDuration took) {
  metrics_.Took(operation, took);
  if (!reply) {
    metrics_.Failed(operation, reply.error().kind);
    return;
  }
  metrics_.Responded(operation, reply->status);
  if (reply->status >= 400) {
    metrics_.Failed(operation, DecodeError(*reply).kind);
  }
}

void Renewals::LogState(const ProjectSettings& project) {
  const std::string& id = project.project_id;
  const WallTime now = clock_.WallNow();
  switch (project.credentials->State(now)) {
    case Credentials::Readiness::kNone: {
      if (!without_.insert(id).second) return;
      const Error error =
          project.credentials->Prove(HttpRequest{}, now).error();
      Log(LogLevel::kWarn,
          "no credentials, so no dataset of this project is asked",
          {{"project_id", id},
           {"error", error.message},
           {"advice", std::string(AdviceFor(error))}});
      return;
    }
    case Credentials::Readiness::kReady:
      if (without_.erase(id) == 0) return;
      Log(LogLevel::kInfo, "credentials are back", {{"project_id", id}});
      return;
    case Credentials::Readiness::kPending:
      return;
  }
}

void Renewals::ShowExpiry(const ProjectSettings& project) {
  if (const auto expiry = project.credentials->Expiry()) {
    metrics_.SetCredentialsExpiry(project.project_id, ToUnixSeconds(*expiry));
  } else {
    metrics_.ForgetCredentialsExpiry(project.project_id);
  }
}

}  // namespace exporter
