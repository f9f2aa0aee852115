// Carries requests to the API of ModelArts: proves them, sends them, tells a
// refusal from an answer; measures, logs and traces all of them.

#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>

#include "base/clock.h"
#include "base/result.h"
#include "collect/instant.h"
#include "collect/loop_metrics.h"
#include "collect/plan.h"
#include "collect/query_log.h"
#include "collect/settings.h"
#include "collect/trace.h"
#include "model/dataset.h"
#include "modelarts/decode.h"
#include "net/fetcher.h"

namespace exporter {

// Not safe for concurrent use.
class ApiRequests {
 public:
  struct Question {
    Operation operation;
    std::shared_ptr<const ProjectSettings> project;
    DatasetKey dataset;  // Its dataset_id is empty for a page of the list.
  };

  // Reads the body of a 200. A success of a list has no status.
  using Decode = std::function<Result<std::optional<SyncStatus>>(
      const Question& question, const HttpReply& reply)>;
  // Called once, unless the request is cancelled; inside Send where the
  // credentials have no proof.
  using Ended = std::function<void(RequestId request, Answer&& answer)>;

  // All of them must outlive this object.
  ApiRequests(const Clock& clock, LoopMetrics& metrics, Fetcher& fetcher,
              QueryLog& log, Traces& traces)
      : clock_(clock),
        metrics_(metrics),
        fetcher_(fetcher),
        log_(log),
        traces_(traces) {}

  // `unproved`: without what the credentials add, and a deadline.
  void Send(RequestId request, Question question, HttpRequest unproved,
            Decode decode, Ended ended);

  // Those that have ended are ignored.
  void Cancel(const Plan::Cancel& cancel);

  // `asked` has no dataset_id where they are those of a page.
  void NoteOddFields(const DatasetKey& asked, std::span<const OddField> fields);

 private:
  struct Exchange {
    Fetcher::Ticket ticket;
    Question question;
    SteadyTime began;
    Decode decode;
    Ended ended;
  };
  void Came(RequestId request, const Result<HttpReply>& reply,
            HttpRequest proved);
  [[nodiscard]] Answer Judge(const Exchange& exchange, const HttpReply& reply,
                             HttpRequest proved) const;
  [[nodiscard]] static Error Unreadable(Error error, const HttpReply& reply,
                                        const HttpRequest& proved);

  const Clock& clock_;
  LoopMetrics& metrics_;
  Fetcher& fetcher_;
  QueryLog& log_;
  Traces& traces_;
  std::map<RequestId, Exchange> exchanges_;
};

}  // namespace exporter
