#include "collect/held_back.h"

#include <algorithm>
#include <chrono>
#include <string>

namespace exporter {
namespace {

using namespace std::chrono_literals;

// "40 s", "15 min", "24 h": rounded up.
std::string Wait(SteadyDuration wait) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait);
  if (seconds < 2min) {
    return std::to_string(std::max<long long>(1, seconds.count())) + " s";
  }
  if (seconds < 2h) {
    return std::to_string(
               std::chrono::ceil<std::chrono::minutes>(seconds).count()) +
           " min";
  }
  return std::to_string(
             std::chrono::ceil<std::chrono::hours>(seconds).count()) +
         " h";
}

std::string Tries(std::size_t tries) {
  return std::to_string(tries) + (tries == 1 ? " try" : " tries");
}

}  // namespace

Error HeldBack(const Breaker& breaker, SteadyTime until, SteadyTime now) {
  Error error = While("not asked: after " + Tries(breaker.Tries(now)) +
                          " in vain, the next is made in " + Wait(until - now),
                      breaker.Refusal() ? *breaker.Refusal()
                                        : Error{ErrorKind::kUnauthorized,
                                                "the credentials are refused"});
  // Alone, the cloud's words would pass for the answer to this query.
  error.cloud_text.clear();
  return error;
}

void AddNextTry(Error& why, unsigned tries, SteadyDuration wait) {
  why.message += "; after " + Tries(tries) + " the next is made in " +
                 Wait(wait) +
                 ", and at once with another password or on a reload";
}

}  // namespace exporter
