// Finds the datasets of a project by the list API, page by page. Pure: it says
// when it wants a page, is told what came, and keeps the last good list.

#pragma once

#include <re2/re2.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "collect/instant.h"
#include "collect/pacing.h"
#include "collect/settings.h"
#include "model/dataset.h"
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

  // Takes the page at Offset. Whether it was the last one: a short page, one
  // with nothing new, or the thousandth. The total that the API tells may be
  // capped, so it counts for nothing.
  bool Add(const DatasetPage& page);

  // Each dataset once.
  [[nodiscard]] const std::vector<ListedDataset>& Datasets() const {
    return datasets_;
  }

 private:
  std::size_t offset_ = 0;
  std::size_t pages_ = 0;
  bool counts_records_ = false;
  std::set<std::string, std::less<>> seen_;
  std::vector<ListedDataset> datasets_;
};

// Not safe for concurrent use.
class Discovery {
 public:
  // REQUIRES: the expressions of `settings` compile; the configuration sees to
  // it.
  // `before`: the project's discovery under other settings, null if there was
  // none. What it found goes through the new filters and stays until the first
  // listing of this one, so that a reload forgets no dataset that stays.
  Discovery(std::string project_id, std::string region,
            const DiscoverySettings& settings,
            const Discovery* before = nullptr);

  // Whether a page should be asked for at `now`; it is at `Offset`. Not again
  // before that page came or failed.
  bool WantsPage(SteadyTime now);
  [[nodiscard]] std::size_t Offset() const { return pass_.Offset(); }

  // The page came. Whether the list of datasets is another one now.
  bool PageCame(const DatasetPage& page, Instant now, Dice& dice);

  // The page failed: the last good list stays, and the next try is a new pass,
  // half a minute later or at the refresh interval, if that is sooner. Whether
  // that is news: the first failure, or one for another reason.
  bool PageFailed(std::shared_ptr<const Error> error, SteadyTime now,
                  Dice& dice);

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
  [[nodiscard]] const std::string& region() const { return region_; }

 private:
  [[nodiscard]] bool IsWanted(const ListedDataset& listed) const;
  // Those of `listed_` that are wanted, sorted.
  [[nodiscard]] std::vector<Dataset> Wanted() const;

  const std::string project_id_;
  const std::string region_;
  const DiscoverySettings settings_;
  const re2::RE2 include_;
  const re2::RE2 exclude_;
  ListingPass pass_;
  bool page_on_the_way_ = false;
  bool in_a_pass_ = false;
  std::optional<SteadyTime> next_pass_;  // None: at once.
  std::vector<ListedDataset> listed_;    // As of the last good pass.
  std::vector<Dataset> datasets_;
  std::optional<WallTime> last_success_;
  bool was_tried_ = false;
  std::shared_ptr<const Error> failure_;
};

}  // namespace exporter
