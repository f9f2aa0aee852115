#include "collect/health_log.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "collect/query_log.h"

namespace exporter {
namespace {

constexpr std::size_t kToldOneByOne = 3;
// The lines of a project. An outage takes two, and one that comes and goes
// every minute more than this allows is worth no more.
constexpr RateLimit kLines = {
    .requests = 2, .per = std::chrono::minutes(1), .burst = 20};

std::optional<ErrorKind> KindOf(const Plan::HealthChange& change) {
  if (!change.failure) return std::nullopt;
  return change.failure->kind;
}

void Write(LogLevel level, const Plan::HealthChange& change) {
  std::vector<LogField> fields = {
      {"project_id", std::string(change.dataset.project_id)},
      {"dataset_id", std::string(change.dataset.dataset_id)}};
  if (!change.failure) return Log(level, "query works again", fields);
  AppendFailure(StatusUrlForMessages(*change.project, change.dataset),
                *change.failure, fields);
  Log(level, "query fails", fields);
}

LogLevel LevelOf(const Plan::HealthChange& change) {
  return change.failure ? LogLevel::kWarn : LogLevel::kInfo;
}

void AppendExample(std::string& examples, const DatasetKey& dataset) {
  if (!examples.empty()) examples += ", ";
  examples += dataset.dataset_id;
}

// "1998 of 2000"
std::string Share(std::size_t part, const std::string& project_id,
                  const Catalogue& catalogue) {
  const auto all =
      std::ranges::count_if(catalogue.datasets, [&](const Dataset& dataset) {
        return dataset.key.project_id == project_id;
      });
  return std::to_string(part) + " of " + std::to_string(all);
}

// Of the datasets of a project those that `failing` names: "2, e.g. d7, d9".
std::string StillFailing(const std::string& project_id,
                         const std::map<DatasetKey, ErrorKind>& failing,
                         const Catalogue& catalogue) {
  std::size_t count = 0;
  std::string examples;
  for (const Dataset& dataset : catalogue.datasets) {
    if (dataset.key.project_id != project_id || !failing.contains(dataset.key))
      continue;
    if (++count <= kToldOneByOne) AppendExample(examples, dataset.key);
  }
  std::string text = std::to_string(count);
  if (count > 0) text.append(", e.g. ").append(examples);
  return text;
}

}  // namespace

void HealthLog::Changed(Plan::HealthChange change) {
  DatasetKey dataset = change.dataset;
  Project& project =
      projects_
          .try_emplace(std::string(dataset.project_id),
                       Project{.lines = TokenBucket(kLines), .news = {}})
          .first->second;
  project.news.insert_or_assign(std::move(dataset), std::move(change));
}

void HealthLog::Tell(const Catalogue& catalogue, SteadyTime now) {
  for (auto& [id, project] : projects_) {
    // Where each probe of thousands ends a scrape, looking at all that waits
    // would cost more than asking the cloud.
    if (project.news.empty() || project.lines.TurnAfter(0, now) > now) continue;
    TellOf(project, catalogue, now);
  }
}

void HealthLog::TellOf(Project& project, const Catalogue& catalogue,
                       SteadyTime now) {
  ForgetThoseGone(catalogue);
  std::map<std::optional<ErrorKind>, Changes> alike;
  for (auto& [dataset, change] : std::exchange(project.news, {})) {
    // May have come and gone untold.
    const std::optional<ErrorKind> kind = KindOf(change);
    if (kind != AsTold(dataset)) alike[kind].push_back(std::move(change));
  }
  for (auto& [kind, changes] : alike) {
    if (changes.size() > kToldOneByOne && project.lines.Take(now)) {
      TellAll(changes, catalogue);
      continue;
    }
    for (Plan::HealthChange& change : changes) {
      if (changes.size() <= kToldOneByOne && project.lines.Take(now)) {
        Write(LevelOf(change), change);
        NoteTold(change);
      } else {
        project.news.emplace(change.dataset, std::move(change));
      }
    }
  }
}

std::optional<ErrorKind> HealthLog::AsTold(const DatasetKey& dataset) const {
  const auto found = failing_.find(dataset);
  if (found == failing_.end()) return std::nullopt;
  return found->second;
}

void HealthLog::NoteTold(const Plan::HealthChange& change) {
  if (change.failure) {
    failing_.insert_or_assign(change.dataset, change.failure->kind);
  } else {
    failing_.erase(change.dataset);
  }
}

void HealthLog::TellAll(const Changes& alike, const Catalogue& catalogue) {
  for (const Plan::HealthChange& change : alike) {
    if (Logs(LogLevel::kDebug)) Write(LogLevel::kDebug, change);
    NoteTold(change);
  }
  const Plan::HealthChange& first = alike.front();
  const std::string project_id(first.dataset.project_id);
  std::vector<LogField> fields = {
      {"project_id", project_id},
      {"datasets", Share(alike.size(), project_id, catalogue)}};
  if (!first.failure) {
    fields.push_back(
        {"still_failing", StillFailing(project_id, failing_, catalogue)});
    return Log(LogLevel::kInfo, "queries work again", fields);
  }
  std::string examples;
  for (std::size_t i = 0; i < kToldOneByOne; ++i) {
    AppendExample(examples, alike[i].dataset);
  }
  fields.push_back({"examples", std::move(examples)});
  AppendFailure(StatusUrlForMessages(*first.project, first.dataset),
                *first.failure, fields);
  Log(LogLevel::kWarn, "queries fail", fields);
}

void HealthLog::ForgetThoseGone(const Catalogue& catalogue) {
  if (failing_.size() <= catalogue.datasets.size()) return;
  std::map<DatasetKey, ErrorKind> kept;
  for (const Dataset& dataset : catalogue.datasets) {
    const auto found = failing_.find(dataset.key);
    if (found != failing_.end()) kept.insert(*found);
  }
  failing_ = std::move(kept);
}

}  // namespace exporter
