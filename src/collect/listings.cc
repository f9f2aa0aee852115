#include "collect/listings.h"

#include <algorithm>

#include "base/log.h"
#include "base/time_format.h"
#include "collect/query_log.h"
#include "modelarts/decode.h"
#include "modelarts/requests.h"

namespace exporter {

void Listings::Apply(const CollectorSettings& settings) {
  std::map<std::string, Shared> discoveries;
  for (const auto& project : settings.projects) {
    if (!project->discovery) continue;
    const auto known = discoveries_.find(project->project_id);
    const Discovery* before =
        known == discoveries_.end() ? nullptr : known->second.get();
    auto& kept = discoveries[project->project_id];
    if (before != nullptr && before->settings() == *project->discovery &&
        before->region() == project->region) {
      kept = known->second;
    } else {
      kept = std::make_shared<Discovery>(project->project_id, project->region,
                                         *project->discovery, before);
      Count(project->project_id, *kept);
    }
  }
  for (const auto& [id, gone] : discoveries_) {
    if (!discoveries.contains(id)) metrics_.ForgetDiscovery(id);
  }
  discoveries_ = std::move(discoveries);
}

void Listings::Count(const std::string& project_id,
                     const Discovery& discovery) {
  const auto success = discovery.LastSuccess();
  if (!success) return;  // Not known yet, which is not none.
  metrics_.SetDiscovered(project_id, discovery.Datasets().size());
  metrics_.SetDiscoverySuccess(project_id, ToUnixSeconds(*success));
}

std::vector<std::string> Listings::Wanted(SteadyTime now) {
  std::vector<std::string> wanted;
  for (const auto& [project_id, discovery] : discoveries_) {
    if (discovery->WantsPage(now)) wanted.push_back(project_id);
  }
  return wanted;
}

SteadyTime Listings::WakeAt() const {
  SteadyTime wake = SteadyTime::max();
  for (const auto& [id, discovery] : discoveries_) {
    wake = std::min(wake, discovery->WakeAt());
  }
  return wake;
}

void Listings::Ask(const Plan::List& list) {
  const std::string& id = list.project->project_id;
  const auto found = discoveries_.find(id);
  const Shared discovery =
      found == discoveries_.end() ? nullptr : found->second;
  const std::size_t offset = discovery ? discovery->Offset() : 0;
  const std::string workspace =
      discovery ? discovery->settings().workspace_id : std::string();
  api_.Send(
      list.request,
      {.operation = Operation::kList,
       .project = list.project,
       .dataset = {id, ""}},
      AskModelArts(DatasetListUrl(list.project->endpoint, id,
                                  static_cast<int>(offset), workspace),
                   id),
      [this, discovery](const ApiRequests::Question& question,
                        const HttpReply& reply) {
        return TakePage(question, reply, discovery);
      },
      [this, discovery, project = list.project](RequestId request,
                                                Answer&& answer) {
        if (discovery && !answer.result) {
          Failed(*discovery, *project, answer.result.error());
        }
        ended_(request, std::move(answer));
      });
}

void Listings::Refused(const Plan::ListingRefused& refused) {
  const auto discovery = discoveries_.find(refused.project->project_id);
  if (discovery == discoveries_.end()) return;
  metrics_.Failed(Operation::kList, refused.failure->kind);
  Failed(*discovery->second, *refused.project, *refused.failure);
}

void Listings::Failed(Discovery& discovery, const ProjectSettings& project,
                      const Error& error) {
  const bool is_news = discovery.PageFailed(
      std::make_shared<const Error>(error), clock_.SteadyNow(), rng_);
  if (is_news) QueryLog::ListingFailed(project, error);
}

Result<std::optional<SyncStatus>> Listings::TakePage(
    const ApiRequests::Question& question, const HttpReply& reply,
    const Shared& shared) {
  Result<DatasetPage> page = DecodeDatasetList(reply.body);
  if (!page) return Fail(page.error());
  const std::string& id = question.project->project_id;
  api_.NoteOddFields(question.dataset, page->odd);
  const auto current = discoveries_.find(id);
  if (current != discoveries_.end() && current->second == shared) {
    Discovery& discovery = *shared;
    const bool was_failing = discovery.Failure() != nullptr;
    const std::size_t before = discovery.Datasets().size();
    const ListingNews news = discovery.PageCame(
        *page, {.steady = clock_.SteadyNow(), .wall = clock_.WallNow()}, rng_);
    if (news.failure) return Fail(*news.failure);
    if (!news.warning.empty()) {
      Log(LogLevel::kWarn, "the list of datasets looks wrong",
          {{"project_id", id}, {"what", news.warning}});
    }
    if (news.changed) {
      Log(LogLevel::kInfo, "discovered datasets changed",
          {{"project_id", id},
           {"datasets", std::to_string(discovery.Datasets().size())},
           {"before", std::to_string(before)}});
      changed_();
    }
    if (was_failing && !discovery.Failure()) {
      Log(LogLevel::kInfo, "listing datasets works again",
          {{"project_id", id}});
    }
    Count(id, discovery);
  }
  return std::optional<SyncStatus>();
}

std::vector<std::span<const Dataset>> Listings::Datasets() const {
  std::vector<std::span<const Dataset>> datasets;
  datasets.reserve(discoveries_.size());
  for (const auto& [id, discovery] : discoveries_) {
    datasets.push_back(discovery->Datasets());
  }
  return datasets;
}

bool Listings::AreTried() const {
  return std::all_of(
      discoveries_.begin(), discoveries_.end(),
      [](const auto& discovery) { return discovery.second->WasTried(); });
}

std::map<std::string, std::string> Listings::NeverListed() const {
  std::map<std::string, std::string> lines;
  for (const auto& [project_id, discovery] : discoveries_) {
    if (discovery->LastSuccess()) continue;
    std::string& line = lines[project_id];
    line = "the datasets of project " + project_id + " were not listed yet";
    if (const auto& failure = discovery->Failure()) {
      line +=
          ": " + std::string(ToLabel(failure->kind)) + ": " + failure->message;
    }
  }
  return lines;
}

void Listings::Show(Overview& overview) const {
  for (const auto& [project_id, discovery] : discoveries_) {
    if (!discovery->LastSuccess()) overview.never_listed.push_back(project_id);
    if (!discovery->Failure()) continue;
    overview.listing_failures.push_back({project_id, discovery->Failure()});
  }
}

}  // namespace exporter
