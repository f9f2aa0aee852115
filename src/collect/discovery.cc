#include "collect/discovery.h"

#include <algorithm>
#include <array>
#include <utility>

namespace exporter {
namespace {

constexpr std::size_t kMostPages = 1000;
constexpr std::size_t kFew = ListingPass::kPageSize / 10;
constexpr std::chrono::seconds kAfterFailure{30};
constexpr std::array<std::string_view, 3> kTextTypes = {"100", "101", "102"};

}  // namespace

bool ListingPass::Add(const DatasetPage& page) {
  std::size_t news = 0;
  for (const ListedDataset& listed : page.datasets) {
    if (!seen_.insert(listed.id).second) continue;
    datasets_.push_back(listed);
    ++news;
  }
  ++pages_;
  const bool is_short = page.datasets.size() < kPageSize;
  if (is_short || news == 0 || pages_ >= kMostPages) return true;
  if (pages_ == 2 && news <= kFew) counts_records_ = true;
  offset_ = counts_records_ ? (pages_ - 1) * kPageSize : pages_;
  return false;
}

Discovery::Discovery(std::string project_id, std::string region,
                     const DiscoverySettings& settings, const Discovery* before)
    : project_id_(std::move(project_id)),
      region_(std::move(region)),
      settings_(settings),
      include_(settings.include, re2::RE2::Quiet),
      exclude_(settings.exclude, re2::RE2::Quiet) {
  if (before == nullptr) return;
  listed_ = before->listed_;
  datasets_ = Wanted();
  last_success_ = before->last_success_;
  was_tried_ = before->was_tried_;
  failure_ = before->failure_;
}

bool Discovery::WantsPage(SteadyTime now) {
  if (page_on_the_way_) return false;
  if (!in_a_pass_) {
    if (next_pass_ && now < *next_pass_) return false;
    pass_ = ListingPass();
    in_a_pass_ = true;
  }
  page_on_the_way_ = true;
  return true;
}

bool Discovery::IsWanted(const ListedDataset& listed) const {
  // Neither can be configured: on the way they would become another path.
  if (listed.id == "." || listed.id == "..") return false;
  if (std::find(kTextTypes.begin(), kTextTypes.end(), listed.type) !=
      kTextTypes.end()) {
    return false;
  }
  if (!settings_.include.empty() &&
      !re2::RE2::PartialMatch(listed.name, include_)) {
    return false;
  }
  return settings_.exclude.empty() ||
         !re2::RE2::PartialMatch(listed.name, exclude_);
}

std::vector<Dataset> Discovery::Wanted() const {
  std::vector<Dataset> wanted;
  for (const ListedDataset& listed : listed_) {
    if (!IsWanted(listed)) continue;
    wanted.push_back({.key = {project_id_, listed.id},
                      .name = listed.name,
                      .region = region_,
                      .type = listed.type});
  }
  std::sort(wanted.begin(), wanted.end(),
            [](const Dataset& a, const Dataset& b) { return a.key < b.key; });
  return wanted;
}

bool Discovery::PageCame(const DatasetPage& page, Instant now, Dice& dice) {
  page_on_the_way_ = false;
  if (!pass_.Add(page)) return false;
  in_a_pass_ = false;
  was_tried_ = true;
  failure_.reset();
  last_success_ = now.wall;
  // Between 90 % and 100 %, so that replicas drift apart.
  const SteadyDuration interval = settings_.refresh_interval;
  next_pass_ = now.steady + interval * 4 / 5 + Jittered(interval / 5, dice);

  listed_ = pass_.Datasets();
  std::vector<Dataset> found = Wanted();
  const bool changed = found != datasets_;
  datasets_ = std::move(found);
  return changed;
}

bool Discovery::PageFailed(std::shared_ptr<const Error> error, SteadyTime now,
                           Dice& dice) {
  page_on_the_way_ = false;
  in_a_pass_ = false;
  was_tried_ = true;
  next_pass_ = now + Jittered(std::min<SteadyDuration>(
                                  kAfterFailure, settings_.refresh_interval),
                              dice);
  const std::shared_ptr<const Error> before =
      std::exchange(failure_, std::move(error));
  return !before || before->kind != failure_->kind;
}

SteadyTime Discovery::WakeAt() const {
  if (page_on_the_way_) return SteadyTime::max();
  if (in_a_pass_) return SteadyTime::min();
  return next_pass_.value_or(SteadyTime::min());
}

}  // namespace exporter
