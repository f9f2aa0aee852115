#include "collect/renewals.h"

#include <set>
#include <utility>

#include "base/log.h"
#include "base/time_format.h"
#include "cloud/error_reply.h"
#include "cloud/gateway_limit.h"
#include "model/advice.h"

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
  for (const auto& project : projects) {
    ids.insert(project->project_id);
    Told& told = told_[project->project_id];
    if (told.credentials != project->credentials) {
      told = {.credentials = project->credentials};
    }
  }
  metrics_.ForgetCredentialsExpiryExcept(ids);
  std::erase_if(told_,
                [&](const auto& told) { return !ids.contains(told.first); });
}

void Renewals::Refresh(const Projects& projects) {
  const SteadyTime now = clock_.SteadyNow();
  if (now - refreshed_at_ < kBetweenRefreshes) return;
  refreshed_at_ = now;
  for (const auto& project : projects) {
    project->credentials->Refresh(clock_.WallNow());
    Check(*project);
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
                 [this, began, renewal](const Result<HttpReply>& reply,
                                        const HttpRequest&) {
                   Came(renewal, reply, began);
                 });
}

void Renewals::Came(const Plan::Renewal& renewal,
                    const Result<HttpReply>& reply, SteadyTime began) {
  const WallTime now = clock_.WallNow();
  const ProjectSettings& project = *renewal.project;
  Credentials& credentials = *project.credentials;
  const Operation operation = OperationOf(renewal);
  const auto held = [&] {
    return std::pair(credentials.Generation(), credentials.Expiry());
  };
  const auto held_before = held();
  const std::optional<Error> error = credentials.Renewed(reply, now);
  metrics_.Took(operation, clock_.SteadyNow() - began);
  if (reply) metrics_.Responded(operation, reply->status);
  if (error) metrics_.Failed(operation, error->kind);

  Check(project);
  const Credentials::Readiness state = credentials.State(now);
  if (error) {
    // What is held stays in use, whatever became of its renewal.
    const bool is_ready = state == Credentials::Readiness::kReady;
    Tell(project, is_ready ? Lack::kRenewal : Lack::kAll, &*error);
  } else if (state == Credentials::Readiness::kReady && held() != held_before) {
    Tell(project, Lack::kNothing, nullptr);  // Not one step of several.
  }
  ShowExpiry(project);

  RenewalAnswer answer{.error = error};
  if (error && reply) {
    answer.error->http_status = reply->status;
    answer.retry_after = DecodeRetryAfter(*reply, now);
    if (reply->status == 429)
      answer.quota = QuotaOf(DecodeGatewayLimit(*reply));
  }
  ended_(renewal.id, answer);
}

void Renewals::Check(const ProjectSettings& project) {
  const WallTime now = clock_.WallNow();
  const Credentials::Readiness state = project.credentials->State(now);
  if (state == Credentials::Readiness::kNone) {
    const Error why = project.credentials->Prove(HttpRequest{}, now).error();
    Tell(project, Lack::kAll, &why);
  } else if (state == Credentials::Readiness::kReady &&
             told_[project.project_id].lack == Lack::kAll) {
    Tell(project, Lack::kNothing, nullptr);
  }
}

void Renewals::Tell(const ProjectSettings& project, Lack lack,
                    const Error* why) {
  const std::string& id = project.project_id;
  if (std::exchange(told_[id].lack, lack) == lack) return;
  switch (lack) {
    case Lack::kNothing:
      Log(LogLevel::kInfo, "credentials are back", {{"project_id", id}});
      return;
    case Lack::kRenewal:
      Log(LogLevel::kWarn, "renewing credentials fails, the present ones go on",
          {{"project_id", id},
           {"error", why->message},
           {"advice", std::string(AdviceFor(*why))}});
      return;
    case Lack::kAll:
      Log(LogLevel::kWarn,
          "no credentials, so no dataset of this project is asked",
          {{"project_id", id},
           {"error", why->message},
           {"advice", std::string(AdviceFor(*why))}});
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
