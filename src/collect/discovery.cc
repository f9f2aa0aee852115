#include "collect/discovery.h"

#include <algorithm>
#include <array>
#include <utility>

namespace exporter {
namespace {

// A list that filters leave out nearly whole may have so many times as many
// rows as max_datasets, or this many, before it passes for one without an end.
constexpr std::size_t kMostRows = 10;
constexpr std::size_t kLeastRows = 100'000;
constexpr std::size_t kFew = ListingPass::kPageSize / 10;
constexpr std::chrono::seconds kAfterFailure{30};
constexpr std::array<std::string_view, 3> kTextTypes = {"100", "101", "102"};

re2::StringPiece AsPiece(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

bool ListingPass::Add(const DatasetPage& page, const Filter& is_wanted) {
  const std::size_t before = seen_.size();
  for (const ListedDataset& listed : page.datasets) {
    if (!seen_.insert(StableHash(listed.id)).second || !is_wanted(listed)) {
      continue;
    }
    datasets_.push_back(listed);
    datasets_.back().type = *types_.insert(listed.type).first;
  }
  const std::size_t news = seen_.size() - before;
  ++pages_;
  const std::size_t rows = page.datasets.size() + page.skipped;
  rows_ += rows;
  skipped_ += page.skipped;
  moved_ = moved_ || (pages_ > 1 && page.total != total_);
  total_ = page.total;
  if (rows < kPageSize || news == 0) return true;
  if (pages_ == 2 && news <= kFew) counts_records_ = true;
  offset_ = counts_records_ ? (pages_ - 1) * kPageSize : pages_;
  return false;
}

std::size_t ListingPass::Missing() const {
  const auto found = static_cast<std::int64_t>(Found() + skipped_);
  const std::int64_t total = total_.value_or(0);
  return total > found ? static_cast<std::size_t>(total - found) : 0;
}

Discovery::Discovery(SharedText project_id, SharedText region,
                     const DiscoverySettings& settings, const Discovery* before)
    : project_id_(std::move(project_id)),
      region_(std::move(region)),
      settings_(settings),
      include_(settings.include, re2::RE2::Quiet),
      exclude_(settings.exclude, re2::RE2::Quiet) {
  if (before == nullptr) return;
  for (const Dataset& known : before->datasets_) {
    if (!IsWanted({known.key.dataset_id, known.name, known.type})) continue;
    datasets_.push_back(known);
    datasets_.back().region = region_;
  }
  last_success_ = before->last_success_;
  was_tried_ = before->was_tried_;
  failure_ = before->failure_;
  missing_ = before->missing_;
}

bool Discovery::WantsPage(SteadyTime now) {
  if (page_on_the_way_) return false;
  if (!pass_) {
    if (next_pass_ && now < *next_pass_) return false;
    pass_.emplace();
    reads_again_ = false;
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
      !re2::RE2::PartialMatch(AsPiece(listed.name), include_)) {
    return false;
  }
  return settings_.exclude.empty() ||
         !re2::RE2::PartialMatch(AsPiece(listed.name), exclude_);
}

std::vector<Dataset> Discovery::Wanted() const {
  std::vector<Dataset> wanted;
  wanted.reserve(pass_->Datasets().size());
  for (const ListedDataset& listed : pass_->Datasets()) {
    wanted.push_back({.key = {project_id_, listed.id},
                      .name = listed.name,
                      .region = region_,
                      .type = listed.type});
  }
  std::sort(wanted.begin(), wanted.end(),
            [](const Dataset& a, const Dataset& b) { return a.key < b.key; });
  return wanted;
}

bool Discovery::LooksLikeASlip() const {
  if (pass_->Moved()) return true;
  // A total that is always too high is its own way to count.
  if (pass_->Missing() != 0 && pass_->Missing() != missing_) return true;
  // One page cannot move, but it can be empty by mistake.
  if (pass_->Pages() == 1 && pass_->Found() > 0) return false;
  return !std::ranges::all_of(datasets_, [this](const Dataset& before) {
    return pass_->Has(before.key.dataset_id);
  });
}

std::optional<Error> Discovery::WhyWorthNothing(bool ended) const {
  const std::size_t most = settings_.max_datasets;
  const std::size_t most_rows = std::max(kLeastRows, most * kMostRows);
  std::string message;
  if (pass_->Rows() > most_rows) {
    message = "the list does not end within ";
    message += std::to_string(most_rows);
    message += " rows, the most that are read with ";
  } else if (pass_->Datasets().size() > most) {
    message = "the list has more datasets than ";
  }
  if (!message.empty()) {
    message += "discovery.max_datasets, which is ";
    message += std::to_string(most);
    return Error{.kind = ErrorKind::kTooLarge,
                 .message = std::move(message),
                 .cause = Cause::kTooManyDatasets};
  }
  // Not "no dataset": what there is, is not known.
  if (ended && pass_->Found() == 0 && pass_->Skipped() > 0) {
    return Error{.kind = ErrorKind::kMalformed,
                 .message = "no row of the list has a usable dataset_id"};
  }
  return std::nullopt;
}

std::string Discovery::Warning() const {
  const std::size_t found = pass_->Found();
  std::string warning;
  if (pass_->Missing() != 0 && pass_->Missing() != missing_) {
    warning = "total_number tells of " +
              std::to_string(found + pass_->Missing()) + " datasets, but " +
              std::to_string(found) + " are listed";
  } else if (found == 0 && !datasets_.empty()) {
    warning = "no dataset is listed";
  }
  if (warning.empty() || datasets_.empty()) return warning;
  warning += "; wanted before: " + std::to_string(datasets_.size()) + ", ";
  warning += datasets_.front().key.dataset_id;
  warning += " among them";
  return warning;
}

ListingNews Discovery::PageCame(const DatasetPage& page, Instant now,
                                Rng& rng) {
  page_on_the_way_ = false;
  const bool ended = pass_->Add(
      page, [this](const ListedDataset& listed) { return IsWanted(listed); });
  if (auto failure = WhyWorthNothing(ended)) {
    return {.failure = std::move(failure)};
  }
  if (!ended) return {};
  if (!reads_again_ && LooksLikeASlip()) {
    pass_.emplace();
    reads_again_ = true;
    return {};
  }
  was_tried_ = true;
  failure_.reset();
  last_success_ = now.wall;
  failure_is_told_ = false;
  next_pass_ = now.steady + Interval(rng);

  ListingNews news{.warning = Warning()};
  missing_ = pass_->Missing();
  std::vector<Dataset> found = Wanted();
  pass_.reset();
  news.changed = found != datasets_;
  // What has not changed shares its texts with the catalogue: it stays.
  if (news.changed) datasets_ = std::move(found);
  return news;
}

bool Discovery::PageFailed(std::shared_ptr<const Error> error, SteadyTime now,
                           Rng& rng) {
  page_on_the_way_ = false;
  pass_.reset();
  was_tried_ = true;
  next_pass_ =
      now + (error->cause == Cause::kTooManyDatasets
                 ? Interval(rng)
                 : Jittered(std::min<SteadyDuration>(settings_.refresh_interval,
                                                     kAfterFailure),
                            rng));
  const std::shared_ptr<const Error> before =
      std::exchange(failure_, std::move(error));
  return !std::exchange(failure_is_told_, true) ||
         before->kind != failure_->kind;
}

// Between 90 % and 100 %, so that replicas drift apart.
SteadyDuration Discovery::Interval(Rng& rng) const {
  const SteadyDuration longest = settings_.refresh_interval;
  return longest * 4 / 5 + Jittered(longest / 5, rng);
}

SteadyTime Discovery::WakeAt() const {
  if (page_on_the_way_) return SteadyTime::max();
  if (pass_) return SteadyTime::min();
  return next_pass_.value_or(SteadyTime::min());
}

}  // namespace exporter
