// Decides whether the cloud may be asked now, and if not, why not and for how
// long: the only place that does. It knows what the project's credentials are
// worth, whom the cloud throttles, whether its connections break, what our own
// rate limit leaves, and when a token may be asked for. Pure.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "auth/credentials.h"
#include "base/error.h"
#include "collect/breaker.h"
#include "collect/cloud_pace.h"
#include "collect/decision.h"
#include "collect/instant.h"
#include "collect/pacing.h"
#include "collect/proxy_login.h"
#include "collect/renewal_gate.h"
#include "collect/settings.h"
#include "collect/shared_limits.h"
#include "collect/signal.h"

namespace exporter {

// Not safe for concurrent use.
class Admission {
 public:
  // What one request knows of those that let it through: it leaves these, also
  // when a reload has given the project others meanwhile.
  struct Pass {
    std::shared_ptr<Credentials> proved_by;
    std::shared_ptr<Breaker> breaker;
    Breaker::Pass credentials;
    ProxyLogin::Pass proxy;
    CloudPace::Pass pace;
    std::uint64_t generation = 0;  // Of the credentials.
    bool was_good = true;
    bool was_answered = false;
    unsigned broke_in = 0;
    std::string object;
  };

  // What is to become of the query.
  enum class Next {
    kDone,
    kKeepsItsPlace,  // It is asked again as if it had not been asked.
    kBroke,          // It is asked again in its turn: one of many that broke.
    kRepeats,        // It is asked again in its turn, once.
    kMayRetry,       // A retry may help.
  };

  Admission(std::shared_ptr<const ProjectSettings> settings,
            SharedLimits& shared);

  // New settings for the same project. What was learned is kept.
  void Apply(std::shared_ptr<const ProjectSettings> settings,
             SharedLimits& shared);

  // Looks whether the credentials were replaced.
  void NoticeNewCredentials(SteadyTime now);

  // Whether a request may go. `has_untried`: whether one waits that
  // IsUntriedProbe.
  [[nodiscard]] Decision Decide(Instant now,
                                const std::function<bool()>& has_untried) const;

  // Whether asking for `object` may tell something new of the credentials.
  // `is_good`: it was not refused by itself.
  [[nodiscard]] bool IsUntriedProbe(const std::string& object,
                                    bool is_good) const {
    return is_good && breaker_->IsUntried(object);
  }
  // Likewise, and it tells most.
  [[nodiscard]] bool IsFreshProbe(const std::string& object,
                                  bool is_good) const {
    return is_good && breaker_->IsFresh(object);
  }
  // A refusal of an earlier epoch says nothing of a dataset any more.
  [[nodiscard]] std::uint64_t StandingEpoch() const {
    return breaker_->StandingEpoch();
  }
  [[nodiscard]] bool SharesBreakerWith(const Admission& other) const {
    return breaker_ == other.breaker_;
  }

  // What is asked for.
  struct Object {
    std::string name;
    bool was_good = true;       // It was not refused by itself.
    bool was_answered = false;  // It had a good answer before.
    unsigned broke_in = 0;      // The outage in which it broke; 0: in none.
  };

  // A request goes. REQUIRES: Decide said MayGo.
  Pass Enter(Object object, SteadyTime now);

  // It ended. `proved`: the request, if the answer was 401. `is_only_one`:
  // nothing else that is good is known; asked only if it matters.
  Next Ended(const Pass& pass, const Signal& signal, const HttpRequest* proved,
             const std::function<bool()>& is_only_one, Instant now, Rng& rng);

  // It was given up. `error`: null if that says nothing.
  void Abandoned(const Pass& pass, std::shared_ptr<const Error> error,
                 SteadyTime now);

  // The renewals of the credentials.
  [[nodiscard]] RenewalGate& renewals() { return renewals_; }

  [[nodiscard]] const CloudPace& pace() const { return pace_; }

  [[nodiscard]] Credentials& credentials() const {
    return *settings_->credentials;
  }
  [[nodiscard]] const std::shared_ptr<const ProjectSettings>& settings() const {
    return settings_;
  }

 private:
  Next JudgeRefusal(const Pass& pass, const Error& error,
                    const HttpRequest* proved,
                    const std::function<bool()>& is_only_one, Instant now);
  void GiveUp(const HttpRequest* proved, Instant now);

  std::shared_ptr<const ProjectSettings> settings_;
  std::shared_ptr<Breaker> breaker_;
  ProxyLogin proxy_;
  RenewalGate renewals_;
  CloudPace pace_;

  std::uint64_t generation_ = 0;
  SteadyTime generation_since_{};
  std::uint64_t secret_version_ = 0;

  SteadyTime give_up_not_before_{};  // What replaced something refused.
  unsigned given_up_in_a_row_ = 0;
};

}  // namespace exporter
