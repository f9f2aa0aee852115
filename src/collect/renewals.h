// Keeps the credentials of the projects valid: looks for changes of the files
// behind them, carries out the renewals that the planner orders, and shows when
// they end.

#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "collect/loop_metrics.h"
#include "collect/planner.h"
#include "collect/settings.h"
#include "net/fetcher.h"

namespace exporter {

// Not safe for concurrent use: it belongs to the thread that runs the loop.
class Renewals {
 public:
  using Projects = std::vector<std::shared_ptr<const ProjectSettings>>;

  using Ended = std::function<void(std::uint64_t id, const RenewalAnswer&)>;

  // All of them must outlive this object. `ended` is called for each renewal
  // that was begun.
  Renewals(const Clock& clock, LoopMetrics& metrics, Fetcher& fetcher,
           Ended ended)
      : clock_(clock),
        metrics_(metrics),
        fetcher_(fetcher),
        ended_(std::move(ended)) {}

  // Forgets all projects but these.
  void Keep(const Projects& projects);

  // Looks at the files behind the credentials, if it is time.
  void Refresh(const Projects& projects);

  void Begin(Plan::Renewal renewal);

 private:
  void Came(const Plan::Renewal& renewal, const Result<HttpReply>& reply,
            SteadyTime began);
  // What a project's credentials lack.
  enum class Lack {
    kNothing,
    kRenewal,  // It fails; what they hold is valid yet.
    kAll,      // There are none.
  };
  struct Told {
    std::shared_ptr<Credentials> credentials;
    Lack lack = Lack::kNothing;
  };

  // Looks whether there are any; what waits for a renewal is no answer.
  void Check(const ProjectSettings& project);
  // Logs it if that is news.
  void Tell(const ProjectSettings& project, Lack lack, const Error* why);
  void ShowExpiry(const ProjectSettings& project);

  const Clock& clock_;
  LoopMetrics& metrics_;
  Fetcher& fetcher_;
  const Ended ended_;
  std::map<std::string, Told> told_;  // By project.
  SteadyTime refreshed_at_{};
};

}  // namespace exporter
