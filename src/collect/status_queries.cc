#include "collect/status_queries.h"

#include "modelarts/decode.h"
#include "modelarts/requests.h"

namespace exporter {

void StatusQueries::Ask(Plan::Ask ask) {
  if (ask.is_retry) metrics_.Retried(Operation::kStatus);
  HttpRequest request =
      AskModelArts(SyncStatusUrl(ask.project->endpoint, ask.dataset),
                   ask.project->project_id);
  api_.Send(
      ask.request,
      {.operation = Operation::kStatus,
       .project = std::move(ask.project),
       .dataset = std::move(ask.dataset)},
      std::move(request),
      [this](const ApiRequests::Question& question, const HttpReply& reply) {
        return Read(question, reply);
      },
      [this](RequestId id, Answer&& answer) { ended_(id, std::move(answer)); });
}

Result<std::optional<SyncStatus>> StatusQueries::Read(
    const ApiRequests::Question& question, const HttpReply& reply) {
  Result<StatusReply> read =
      DecodeSyncStatus(reply.body, question.project->duration_unit);
  if (!read) return Fail(read.error());
  log_.Answered(question.dataset, read->status);
  api_.NoteOddFields(question.dataset, read->odd);
  return std::optional(std::move(read->status));
}

}  // namespace exporter
