// Finds the datasets of a project by the list API, page by page. Pure: it says
// when it wants a page, is told what came, and keeps the last good list.

#pragma once

#include <re2/re2.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/shared_text.h"
#include "collect/instant.h"
#include "collect/pacing.h"
#include "collect/settings.h"
#include "model/dataset.h"
#include "model/shard.h"
#include "modelarts/decode.h"

namespace exporter {

// One pass over the pages of a list. Whether the server counts `offset` in
// pages or in records is not documented beyond doubt, so it is found out: where
// page 1 says nearly the same as page 0, the server counts records. Source: the
// API reference of ListDatasets, parameter offset.
class ListingPass {
 public:
  static constexpr std::size_t kPageSize = 100;

  // Of the page to ask for next.
  [[nodiscard]] std::size_t Offset() const { return offset_; }

  // Takes the page at Offset, and keeps of it what `is_wanted`. Whether it was
  // the last one: a short page, or one with nothing new. The total that the API
  // tells may be capped, so that it ends nothing.
  using Filter = std::function<bool(const ListedDataset&)>;
  bool Add(const DatasetPage& page, const Filter& is_wanted);

  // How many datasets fewer were found than the API told last; 0 if it told of
  // no more, or of none.
  [[nodiscard]] std::size_t Missing() const;

  // Whether the total changed from page to page.
  [[nodiscard]] bool Moved() const { return moved_; }

  [[nodiscard]] std::size_t Pages() const { return pages_; }
  // All that came, whatever is in them.
  [[nodiscard]] std::size_t Rows() const { return rows_; }
  // Each dataset counts once, wanted or not.
  [[nodiscard]] std::size_t Found() const { return seen_.size(); }
  [[nodiscard]] bool Has(std::string_view id) const {
    return seen_.contains(StableHash(id));
  }

  // Rows without a usable id.
  [[nodiscard]] std::size_t Skipped() const { return skipped_; }

  // Those that are wanted, each once.
  [[nodiscard]] const std::vector<ListedDataset>& Datasets() const {
    return datasets_;
  }

 private:
  std::size_t offset_ = 0;
  std::size_t pages_ = 0;
  bool counts_records_ = false;
  std::size_t rows_ = 0;
  std::size_t skipped_ = 0;
  std::optional<std::int64_t> total_;
  bool moved_ = false;
  // A pass of a hundred thousand leaves no holes in the heap.
  std::pmr::monotonic_buffer_resource nodes_;
  // The hashes of the ids: of millions that are left out nothing else stays.
  // Of two million, two are alike in one of ten million lists.
  std::pmr::set<std::uint64_t> seen_{&nodes_};
  std::set<SharedText> types_;  // One text for those alike.
  std::vector<ListedDataset> datasets_;
};

// What the end of a listing brought.
struct ListingNews {
  bool changed = false;  // The list of datasets is another one now.
  std::string warning;   // What looks like a slip of the cloud; mostly empty.
  // Why the list is worth nothing; mostly none. PageFailed has to follow.
  std::optional<Error> failure;
};

// A listing that lacks what was there before, or what its total tells, is read
// once more at once: somebody may have deleted a dataset between two pages, so
// that another moved onto a page that was read already. What the second reading
// says counts.
//
// Not safe for concurrent use.
class Discovery {
 public:
  // REQUIRES: the expressions of `settings` compile; the configuration sees to
  // it.
  // `before`: the project's discovery under other settings, null if there was
  // none. What it has goes through the new filters and stays until the first
  // listing of this one, so that a reload forgets no dataset that stays.
  Discovery(SharedText project_id, SharedText region,
            const DiscoverySettings& settings,
            const Discovery* before = nullptr);

  // Whether a page should be asked for at `now`; it is at `Offset`. Not again
  // before that page came or failed.
  bool WantsPage(SteadyTime now);
  [[nodiscard]] std::size_t Offset() const {
    return pass_ ? pass_->Offset() : 0;
  }

  // The page came.
  ListingNews PageCame(const DatasetPage& page, Instant now, Rng& rng);

  // The page failed: the last good list stays, and the next try is a new pass,
  // half a minute later or at the refresh interval, if that is sooner or the
  // list was too long, which thousands of pages told. Whether that is news: the
  // first failure under these settings, or since a success, or one for another
  // reason.
  bool PageFailed(std::shared_ptr<const Error> error, SteadyTime now, Rng& rng);

  // When WantsPage may say yes without a further event.
  [[nodiscard]] SteadyTime WakeAt() const;

  // As of the last good pass: sorted by id, filtered, without text datasets,
  // which cannot sync.
  [[nodiscard]] const std::vector<Dataset>& Datasets() const {
    return datasets_;
  }

  // Why the last pass failed; null if it did not.
  [[nodiscard]] const std::shared_ptr<const Error>& Failure() const {
    return failure_;
  }

  // Whether a first pass succeeded or failed.
  [[nodiscard]] bool WasTried() const { return was_tried_; }
  [[nodiscard]] std::optional<WallTime> LastSuccess() const {
    return last_success_;
  }
  [[nodiscard]] const DiscoverySettings& settings() const { return settings_; }
  [[nodiscard]] const SharedText& region() const { return region_; }

 private:
  [[nodiscard]] bool IsWanted(const ListedDataset& listed) const;
  // Whether the pass that has ended should be read once more.
  [[nodiscard]] bool LooksLikeASlip() const;
  // What is to be said of the pass that has ended; empty: nothing.
  [[nodiscard]] std::string Warning() const;
  // What makes the pass worth nothing. `ended`: its last page came.
  [[nodiscard]] std::optional<Error> WhyWorthNothing(bool ended) const;
  // Between 90 % and 100 % of what is set, so that replicas drift apart.
  SteadyDuration Interval(Rng& rng) const;
  // Of the pass that has ended: sorted.
  [[nodiscard]] std::vector<Dataset> Wanted() const;

  // Of all that is found, so that each is there once.
  const SharedText project_id_;
  const SharedText region_;
  const DiscoverySettings settings_;
  const re2::RE2 include_;
  const re2::RE2 exclude_;
  std::optional<ListingPass> pass_;  // While there is one.
  bool page_on_the_way_ = false;
  bool reads_again_ = false;             // The pass is the second reading.
  std::size_t missing_ = 0;              // In the last good pass.
  std::optional<SteadyTime> next_pass_;  // None: at once.
  std::vector<Dataset> datasets_;
  std::optional<WallTime> last_success_;
  bool was_tried_ = false;
  std::shared_ptr<const Error> failure_;
  bool failure_is_told_ = false;
};

}  // namespace exporter
