#include "collect/unanswered.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace exporter {
namespace {

std::shared_ptr<const Error> MakeError(ErrorKind kind, std::string message) {
  return std::make_shared<const Error>(
      Error{.kind = kind, .message = std::move(message)});
}

// Of what was not asked because of `cause`, another query's error.
std::shared_ptr<const Error> NotAsked(const std::string& why,
                                      const Error& cause) {
  Error error = While("not asked: " + why, cause);
  // The message has the cloud's words. Alone they would pass for the answer to
  // this query.
  error.cloud_text.clear();
  return std::make_shared<const Error>(std::move(error));
}

// "12", for a person: rounded up, at least "1".
std::string SecondsUntil(SteadyTime end, SteadyTime now) {
  const auto left = std::chrono::ceil<std::chrono::seconds>(end - now).count();
  return std::to_string(std::max<decltype(left)>(1, left));
}

}  // namespace

std::shared_ptr<const Error> WhyNotAnswered(const Entry& entry,
                                            const Decision& decision,
                                            SteadyTime now) {
  using Kind = Decision::Kind;
  if (entry.phase.Is(Entry::Phase::kAsked)) {
    return MakeError(ErrorKind::kTimeout,
                     "no answer within the budget of the scrape");
  }
  if (entry.last_error) return entry.last_error;
  switch (decision.kind) {
    case Kind::kRefused:
      return decision.why;
    case Kind::kCredentials:
      if (decision.why) return decision.why;
      return MakeError(ErrorKind::kCredentials,
                       "no credentials within the budget of the scrape");
    case Kind::kPause:
      if (!decision.why) break;
      return NotAsked("the cloud throttles this " +
                          std::string(decision.whose_limit) + " for " +
                          SecondsUntil(decision.until, now) + " s more",
                      *decision.why);
    case Kind::kOutage:
      if (!decision.why) break;
      return NotAsked("the last connections broke", *decision.why);
    case Kind::kRate:
      return MakeError(ErrorKind::kRateLimited,
                       "not asked: its turn under rate_limit came too late");
    case Kind::kProof:
      if (decision.why) {
        return NotAsked(
            "the credentials are not proven yet, and the last query said",
            *decision.why);
      }
      return MakeError(ErrorKind::kTimeout,
                       "not asked: the credentials are not proven yet");
    case Kind::kOpen:
    case Kind::kProbe:
      break;
  }
  return MakeError(ErrorKind::kTimeout,
                   "not asked within the budget of the scrape");
}

}  // namespace exporter
