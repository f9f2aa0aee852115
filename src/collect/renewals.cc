#include "collect/renewals.h"

#include <utility>

#include "base/log.h"
#include "base/time_format.h"
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
  std::erase_if(failing_,
                [&](const std::string& id) { return !ids.contains(id); });
}

void Renewals::Refresh(const Projects& projects) {
  const SteadyTime now = clock_.SteadyNow();
  if (now - refreshed_at_ < kBetweenRefreshes) return;
  refreshed_at_ = now;
  for (const auto& project : projects) {
    project->credentials->Refresh(clock_.WallNow());
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
  ShowExpiry(*renewal.project);

  std::shared_ptr<const Error> refusal;
  switch (credentials.State(now)) {
    case Credentials::Readiness::kNone: {
      auto error = std::make_shared<const Error>(
          credentials.Prove(HttpRequest{}, now).error());
      LogOutcome(*renewal.project, error.get());
      if (reply && reply->status == 401) refusal = std::move(error);
      break;
    }
    case Credentials::Readiness::kReady:
      LogOutcome(*renewal.project, nullptr);
      break;
    case Credentials::Readiness::kPending:  // One step of several.
      break;
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

// Says when they are gone, and when they are back.
void Renewals::LogOutcome(const ProjectSettings& project,
                          const Error* failure) {
  const std::string& id = project.project_id;
  if (failure != nullptr && failing_.insert(id).second) {
    Log(LogLevel::kWarn, "no credentials",
        {{"project_id", id}, {"error", failure->message}});
  } else if (failure == nullptr && failing_.erase(id) > 0) {
    Log(LogLevel::kInfo, "credentials are back", {{"project_id", id}});
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
