#include "collect/api_requests.h"

#include <string>
#include <utility>

#include "auth/clock_skew.h"
#include "auth/proof.h"
#include "base/duration.h"
#include "base/header_text.h"
#include "cloud/error_page.h"
#include "cloud/error_reply.h"
#include "cloud/gateway_limit.h"
#include "collect/throttle.h"
#include "net/url.h"

namespace exporter {
namespace {

// "HTTP 200 after 0.012 s", for a trace.
std::string OutcomeOf(const Answer& answer, const Result<HttpReply>& reply,
                      SteadyDuration took) {
  const std::string after = " after " + FormatSeconds(took) + " s";
  if (!reply) return "no reply" + after + ": " + reply.error().message;
  std::string text = "HTTP " + std::to_string(reply->status) + after;
  if (!answer.result) text += ": " + answer.result.error().message;
  return text;
}

}  // namespace

void ApiRequests::Send(RequestId request, Question question,
                       HttpRequest unproved, Decode decode, Ended ended) {
  const SteadyTime now = clock_.SteadyNow();
  unproved.deadline = now + question.project->timeout;
  unproved.transport = question.project->transport;
  Result<HttpRequest> proved = question.project->credentials->Prove(
      std::move(unproved), clock_.WallNow());
  if (!proved) {
    ended(request, {.result = Fail(proved.error())});
    return;
  }
  metrics_.Requested(question.operation);
  traces_.Tell(question.dataset,
               [&] { return "asked: GET " + UrlForMessages(proved->url); });
  const Fetcher::Ticket ticket = fetcher_.Start(
      std::move(*proved),
      [this, request](const Result<HttpReply>& reply, HttpRequest sent) {
        Came(request, reply, std::move(sent));
      });
  exchanges_.emplace(request, Exchange{.ticket = ticket,
                                       .question = std::move(question),
                                       .began = now,
                                       .decode = std::move(decode),
                                       .ended = std::move(ended)});
}

void ApiRequests::Cancel(const Plan::Cancel& cancel) {
  const auto found = exchanges_.extract(cancel.request);
  if (found.empty()) return;
  const Exchange& exchange = found.mapped();
  const Question& question = exchange.question;
  fetcher_.Cancel(exchange.ticket);
  metrics_.Failed(question.operation, ErrorKind::kTimeout);
  const std::string why = cancel.is_cut
                              ? "cut as slow: others wait, and it queues again"
                              : "given up: nobody waits any longer";
  traces_.Tell(question.dataset, [&]() -> const std::string& { return why; });
  const Error given_up{.kind = ErrorKind::kTimeout, .message = why};
  QueryLog::Ended(*question.project, question.dataset, 0, &given_up,
                  clock_.SteadyNow() - exchange.began);
}

void ApiRequests::Came(RequestId request, const Result<HttpReply>& reply,
                       HttpRequest proved) {
  const auto found = exchanges_.extract(request);
  if (found.empty()) return;
  const Exchange& exchange = found.mapped();
  const Question& question = exchange.question;
  const SteadyDuration took = clock_.SteadyNow() - exchange.began;
  metrics_.Took(question.operation, took);

  if (reply) metrics_.Responded(question.operation, reply->status);
  Answer answer = reply ? Judge(exchange, *reply, std::move(proved))
                        : Answer{.result = Fail(reply.error())};
  const Error* error = answer.result ? nullptr : &answer.result.error();
  if (error != nullptr) metrics_.Failed(question.operation, error->kind);
  traces_.Tell(question.dataset,
               [&] { return OutcomeOf(answer, reply, took); });
  QueryLog::Ended(*question.project, question.dataset,
                  reply ? reply->status : 0, error, took);
  exchange.ended(request, std::move(answer));
}

Answer ApiRequests::Judge(const Exchange& exchange, const HttpReply& reply,
                          HttpRequest proved) const {
  if (reply.status == 200) {
    auto read = exchange.decode(exchange.question, reply);
    if (read) return {.result = std::move(read)};
    return {.result = Fail(Unreadable(read.error(), reply, proved))};
  }
  const WallTime now = clock_.WallNow();
  Error error = DecodeError(reply, SecretsOf(proved));
  Answer answer{.result = Fail(ErrorKind::kConnect, "")};
  if (reply.status == 401) {
    answer.proved = std::move(proved);
    if (const auto skew = DescribeClockSkew(reply, now)) {
      error.message += "; " + *skew;
    }
  } else if (reply.status == 429) {
    answer.retry_after = DecodeRetryAfter(reply, now);
    const GatewayLimit limit = DecodeGatewayLimit(reply);
    answer.is_limit_of_user = limit.is_of_user;
    answer.quota = QuotaOf(limit);
  }
  answer.result = Fail(std::move(error));
  return answer;
}

void ApiRequests::NoteOddFields(const DatasetKey& asked,
                                std::span<const OddField> fields) {
  for (const OddField& field : fields) {
    metrics_.WasOdd(field.field);
    DatasetKey dataset = asked;
    if (!field.dataset_id.empty()) dataset.dataset_id = field.dataset_id;
    log_.WasOdd(dataset, field);
  }
}

// `error` says what a good status came without. What is no JSON object is a
// page, of a login perhaps, and says itself what it is.
Error ApiRequests::Unreadable(Error error, const HttpReply& reply,
                              const HttpRequest& proved) {
  error.http_status = reply.status;
  if (!Trim(reply.body).starts_with('{')) {
    const std::string page = DescribePage(reply, SecretsOf(proved));
    if (!page.empty()) error.message += ": " + page;
  }
  return error;
}

}  // namespace exporter
