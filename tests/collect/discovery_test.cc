#include "collect/discovery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "support/numbered_name.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

DatasetPage Slice(std::size_t from, std::size_t total) {
  DatasetPage page;
  for (std::size_t i = from; i < std::min(total, from + ListingPass::kPageSize);
       ++i) {
    page.datasets.push_back(
        {.id = NumberedName("d", i), .name = "", .type = "0"});
  }
  return page;
}

bool All(const ListedDataset& /*listed*/) { return true; }

std::size_t ListAll(bool counts_records, std::size_t total) {
  ListingPass pass;
  for (int pages = 0; pages < 200; ++pages) {
    const std::size_t from =
        counts_records ? pass.Offset() : pass.Offset() * ListingPass::kPageSize;
    if (pass.Add(Slice(from, total), All)) return pass.Datasets().size();
  }
  return 0;
}

TEST(ListingPassTest, FindsAllHoweverTheServerCounts) {
  for (const std::size_t total :
       {0U, 1U, 99U, 100U, 101U, 102U, 150U, 200U, 201U, 1000U, 5050U}) {
    EXPECT_EQ(ListAll(false, total), total) << "pages of " << total;
    EXPECT_EQ(ListAll(true, total), total) << "records of " << total;
  }
}

TEST(ListingPassTest, EndsWithAServerThatAlwaysSaysTheSame) {
  ListingPass pass;
  EXPECT_FALSE(pass.Add(Slice(0, 100), All));
  EXPECT_TRUE(pass.Add(Slice(0, 100), All));
}

class DiscoveryTest : public testing::Test {
 protected:
  static Instant At(std::chrono::seconds after) {
    return {.steady = SteadyTime(1h) + after,
            .wall = WallTime(std::chrono::sys_days(std::chrono::year(2024) / 1 /
                                                   1)) +
                    after};
  }
  static DatasetPage Page(std::initializer_list<ListedDataset> datasets) {
    return {.datasets = datasets};
  }

  static std::shared_ptr<const Error> Because(ErrorKind kind) {
    return std::make_shared<const Error>(
        Error{.kind = kind, .message = "scripted"});
  }

  // Gives `pages` to a listing that begins `after` the first one. REQUIRES: it
  // ends with the last of them.
  ListingNews List(Discovery& discovery, const std::vector<DatasetPage>& pages,
                   std::chrono::seconds after) {
    ListingNews news;
    for (const DatasetPage& page : pages) {
      EXPECT_TRUE(discovery.WantsPage(At(after).steady));
      news = discovery.PageCame(page, At(after), rng_);
    }
    EXPECT_FALSE(discovery.WantsPage(At(after).steady)) << "wants one more";
    return news;
  }

  Rng rng_;
};

TEST_F(DiscoveryTest, KeepsWhatTheFiltersLetPassAndLeavesOutText) {
  Discovery discovery("p", "r", {.include = "^prod-", .exclude = "-scratch$"});

  ASSERT_TRUE(discovery.WantsPage(At(0s).steady));
  const ListingNews news =
      discovery.PageCame(Page({{"2", "prod-b", "1"},
                               {"1", "prod-a", "0"},
                               {"3", "prod-text", "101"},
                               {"4", "test-c", "0"},
                               {"5", "prod-d-scratch", "0"}}),
                         At(0s), rng_);
  EXPECT_TRUE(news.changed);

  ASSERT_EQ(discovery.Datasets().size(), 2U);
  EXPECT_EQ(discovery.Datasets()[0].key, (DatasetKey{"p", "1"}));
  EXPECT_EQ(discovery.Datasets()[1].name, "prod-b");
  EXPECT_EQ(discovery.Datasets()[1].region, "r");
}

TEST_F(DiscoveryTest, LeavesOutWhatIsNoPathSegment) {
  Discovery discovery("p", "r", {});

  discovery.WantsPage(At(0s).steady);
  discovery.PageCame(
      Page({{".", "a", "0"}, {"..", "b", "0"}, {"...", "c", "0"}}), At(0s),
      rng_);

  ASSERT_EQ(discovery.Datasets().size(), 1U);
  EXPECT_EQ(discovery.Datasets()[0].key.dataset_id, "...");
}

TEST_F(DiscoveryTest, KeepsTheLastGoodListWhenAListingFails) {
  Discovery discovery("p", "r", {});
  discovery.WantsPage(At(0s).steady);
  discovery.PageCame(Page({{"1", "a", "0"}}), At(0s), rng_);

  ASSERT_TRUE(discovery.WantsPage(At(301s).steady));
  EXPECT_TRUE(discovery.PageFailed(Because(ErrorKind::kTimeout),
                                   At(301s).steady, rng_));

  EXPECT_EQ(discovery.Datasets().size(), 1U);
  EXPECT_EQ(discovery.LastSuccess(), At(0s).wall);
  EXPECT_TRUE(discovery.WantsPage(At(331s).steady));
}

TEST_F(DiscoveryTest, KeepsWhatItFoundUnderNewSettingsAndListsAtOnce) {
  Discovery before("p", "r", {.refresh_interval = 1h});
  before.WantsPage(At(0s).steady);
  before.PageCame(Page({{"1", "prod-a", "0"}, {"2", "test-b", "0"}}), At(0s),
                  rng_);

  Discovery after("p", "s", {.refresh_interval = 1h, .include = "^prod-"},
                  &before);

  ASSERT_EQ(after.Datasets().size(), 1U);
  EXPECT_EQ(after.Datasets()[0].name, "prod-a");
  EXPECT_EQ(after.Datasets()[0].region, "s");
  EXPECT_EQ(after.LastSuccess(), At(0s).wall);
  EXPECT_TRUE(after.WasTried());
  EXPECT_TRUE(after.WantsPage(At(1s).steady));
  EXPECT_EQ(after.Offset(), 0U);
}

TEST_F(DiscoveryTest, ListsAtOnceWhatOlderFiltersLeftOut) {
  Discovery before("p", "r", {.include = "^prod-"});
  before.WantsPage(At(0s).steady);
  const DatasetPage page = Page({{"1", "prod-a", "0"}, {"2", "test-b", "0"}});
  before.PageCame(page, At(0s), rng_);

  Discovery after("p", "r", {}, &before);
  ASSERT_EQ(after.Datasets().size(), 1U);
  ASSERT_TRUE(after.WantsPage(At(1s).steady));
  after.PageCame(page, At(1s), rng_);

  EXPECT_EQ(after.Datasets().size(), 2U);
}

TEST_F(DiscoveryTest, AsksAgainAfterItsIntervalAndNotBefore) {
  Discovery discovery("p", "r", {.refresh_interval = 100s});
  discovery.WantsPage(At(0s).steady);
  EXPECT_FALSE(discovery.WantsPage(At(0s).steady));
  discovery.PageCame(Page({}), At(0s), rng_);

  EXPECT_FALSE(discovery.WantsPage(At(89s).steady));
  EXPECT_TRUE(discovery.WantsPage(At(100s).steady));
}

TEST_F(DiscoveryTest, SaysOnceWhyItFails) {
  Discovery discovery("p", "r", {.refresh_interval = 1s});
  const auto fails = [&](ErrorKind reason, std::chrono::seconds after) {
    discovery.WantsPage(At(after).steady);
    return discovery.PageFailed(Because(reason), At(after).steady, rng_);
  };

  EXPECT_TRUE(fails(ErrorKind::kTimeout, 0s));
  EXPECT_FALSE(fails(ErrorKind::kTimeout, 2s));
  EXPECT_TRUE(fails(ErrorKind::kForbidden, 4s));
  ASSERT_TRUE(discovery.Failure());
  EXPECT_EQ(discovery.Failure()->kind, ErrorKind::kForbidden);

  discovery.WantsPage(At(6s).steady);
  discovery.PageCame(Page({}), At(6s), rng_);
  EXPECT_FALSE(discovery.Failure());
  EXPECT_TRUE(fails(ErrorKind::kForbidden, 8s));
}

TEST_F(DiscoveryTest, SaysWhetherTheListChanged) {
  Discovery discovery("p", "r", {.refresh_interval = 1s});
  EXPECT_TRUE(List(discovery, {Page({{"1", "a", "0"}})}, 0s).changed);
  EXPECT_FALSE(List(discovery, {Page({{"1", "a", "0"}})}, 2s).changed);
  EXPECT_TRUE(List(discovery, {Page({{"2", "b", "0"}})}, 4s).changed);
}

TEST_F(DiscoveryTest, WarnsOfAnEmptyListAfterAFullOneWhenItIsReadTwice) {
  Discovery discovery("p", "r", {.refresh_interval = 1s});
  List(discovery, {Page({{"1", "a", "0"}, {"2", "b", "0"}})}, 0s);

  const ListingNews news = List(discovery, {Page({}), Page({})}, 2s);

  EXPECT_TRUE(news.changed);
  EXPECT_EQ(news.warning,
            "no dataset is listed; wanted before: 2, 1 among them");
  EXPECT_TRUE(discovery.Datasets().empty());
  EXPECT_EQ(List(discovery, {Page({})}, 4s).warning, "");
}

TEST_F(DiscoveryTest, BelievesTheSecondReadingOfAnEmptyList) {
  Discovery discovery("p", "r", {.refresh_interval = 1s});
  List(discovery, {Page({{"1", "a", "0"}})}, 0s);

  const ListingNews news =
      List(discovery, {Page({}), Page({{"1", "a", "0"}})}, 2s);

  EXPECT_FALSE(news.changed);
  EXPECT_EQ(news.warning, "");
}

TEST_F(DiscoveryTest, WarnsOfATotalThatTheListDoesNotReachUntilItChanges) {
  Discovery discovery("p", "r", {.refresh_interval = 1s});
  const DatasetPage twelve = {.datasets = {}, .total = 12};
  DatasetPage rows = Page({{"1", "a", "0"}});
  rows.skipped = 1;
  rows.total = 2;

  EXPECT_EQ(List(discovery, {rows}, 0s).warning, "");
  EXPECT_EQ(
      List(discovery, {twelve, twelve}, 2s).warning,
      "total_number tells of 12 datasets, but 0 are listed; wanted before: "
      "1, 1 among them");
  EXPECT_EQ(List(discovery, {twelve}, 4s).warning, "");
  EXPECT_EQ(List(discovery, {rows}, 6s).warning, "");
  EXPECT_NE(List(discovery, {twelve, twelve}, 8s).warning, "");
}

TEST_F(DiscoveryTest, TakesAListWithoutAUsableRowForNone) {
  Discovery discovery("p", "r", {.refresh_interval = 1s});
  List(discovery, {Page({{"1", "a", "0"}})}, 0s);

  ASSERT_TRUE(discovery.WantsPage(At(2s).steady));
  const ListingNews news =
      discovery.PageCame({.datasets = {}, .skipped = 2}, At(2s), rng_);

  ASSERT_TRUE(news.failure);
  EXPECT_EQ(news.failure->kind, ErrorKind::kMalformed);
  EXPECT_EQ(discovery.Datasets().size(), 1U);
}

TEST_F(DiscoveryTest, RefusesAListThatIsTooLongAndKeepsTheLastGoodOne) {
  Discovery discovery("p", "r", {.refresh_interval = 1s, .max_datasets = 2});
  EXPECT_FALSE(List(discovery, {Slice(0, 2)}, 0s).failure);

  ASSERT_TRUE(discovery.WantsPage(At(2s).steady));
  const ListingNews news = discovery.PageCame(Slice(0, 3), At(2s), rng_);

  ASSERT_TRUE(news.failure);
  EXPECT_EQ(news.failure->kind, ErrorKind::kTooLarge);
  EXPECT_EQ(news.failure->message,
            "the list has more datasets than discovery.max_datasets, which is "
            "2");
  EXPECT_EQ(discovery.Datasets().size(), 2U);
}

TEST_F(DiscoveryTest, TriesAListThatIsTooLongNoSoonerThanItsInterval) {
  for (int i = 0; i < 20; ++i) {  // Its jitter may be large or small.
    Discovery discovery("p", "r",
                        {.refresh_interval = 100s, .max_datasets = 1});
    ASSERT_TRUE(discovery.WantsPage(At(0s).steady));
    const ListingNews news = discovery.PageCame(Slice(0, 150), At(0s), rng_);
    ASSERT_TRUE(news.failure) << "before the second page";

    discovery.PageFailed(std::make_shared<const Error>(*news.failure),
                         At(0s).steady, rng_);

    EXPECT_GE(discovery.WakeAt(), At(90s).steady);
    EXPECT_LE(discovery.WakeAt(), At(100s).steady);
  }
}

TEST_F(DiscoveryTest, SaysAgainUnderNewSettingsWhyItFails) {
  const auto fails = [&](Discovery& discovery) {
    discovery.WantsPage(At(0s).steady);
    return discovery.PageFailed(Because(ErrorKind::kTooLarge), At(0s).steady,
                                rng_);
  };
  Discovery before("p", "r", {.max_datasets = 1});
  ASSERT_TRUE(fails(before));
  ASSERT_FALSE(fails(before));

  Discovery after("p", "r", {.max_datasets = 2}, &before);

  ASSERT_TRUE(after.Failure()) << "for the page";
  EXPECT_TRUE(fails(after));
  EXPECT_FALSE(fails(after));
}

TEST_F(DiscoveryTest, CountsWhatTheFiltersLetPassUpToAListWithoutAnEnd) {
  Discovery discovery("p", "r", {.exclude = ".*", .max_datasets = 1});
  std::size_t pages = 0;
  ListingNews news;
  while (!news.failure && pages < 2000) {
    ASSERT_TRUE(discovery.WantsPage(At(0s).steady));
    const std::size_t from = pages++ * ListingPass::kPageSize;
    news = discovery.PageCame(Slice(from, SIZE_MAX), At(0s), rng_);
  }

  EXPECT_EQ(pages, 1001U);
  ASSERT_TRUE(news.failure);
  EXPECT_EQ(news.failure->kind, ErrorKind::kTooLarge);
}

// Else a cloud that shows one new dataset a page keeps a listing going for
// days, and nobody is told.
TEST_F(DiscoveryTest, CountsRowsThatCameBeforeUpToAListWithoutAnEnd) {
  Discovery discovery("p", "r", {.exclude = ".*", .max_datasets = 1});
  std::size_t pages = 0;
  ListingNews news;
  while (!news.failure && pages < 2000) {
    ASSERT_TRUE(discovery.WantsPage(At(0s).steady));
    DatasetPage page = Slice(0, 99);
    page.datasets.push_back(
        {.id = NumberedName("new", pages++), .name = "", .type = "0"});
    news = discovery.PageCame(page, At(0s), rng_);
  }

  EXPECT_EQ(pages, 1001U);
  ASSERT_TRUE(news.failure);
  EXPECT_EQ(news.failure->message,
            "the list does not end within 100000 rows, the most that are read "
            "with discovery.max_datasets, which is 1");
}

TEST_F(DiscoveryTest, TakesATotalThatIsCappedForNoTotal) {
  Discovery discovery("p", "r", {.refresh_interval = 1s});
  std::vector<DatasetPage> pages = {Slice(0, 250), Slice(100, 250),
                                    Slice(200, 250)};
  for (DatasetPage& page : pages) page.total = 100;

  EXPECT_EQ(List(discovery, pages, 0s).warning, "");
  EXPECT_EQ(discovery.Datasets().size(), 250U);
}

// d0 is deleted between two pages, so that d100 moves onto the first one.
TEST_F(DiscoveryTest, ReadsAgainWherePagesMovedUnderIt) {
  DatasetPage moved = Slice(101, 150);
  const DatasetPage first = Slice(1, 101);
  for (const bool tells_total : {false, true}) {
    Discovery discovery("p", "r", {.refresh_interval = 1s});
    List(discovery, {Slice(0, 150), Slice(100, 150)}, 0s);
    DatasetPage before = Slice(0, 150);
    if (tells_total) before.total = 150;
    if (tells_total) moved.total = 149;

    List(discovery, {before, moved, Slice(1, 150), moved}, 2s);

    EXPECT_EQ(discovery.Datasets().size(), 149U);
    EXPECT_EQ(discovery.Datasets().front().key.dataset_id,
              first.datasets[0].id);
  }
}

TEST_F(DiscoveryTest, KnowsByTheTotalAloneThatPagesMovedInTheFirstListing) {
  Discovery discovery("p", "r", {.refresh_interval = 1s});
  std::vector<DatasetPage> pages = {Slice(0, 150), Slice(101, 150),
                                    Slice(1, 150), Slice(101, 150)};
  for (std::size_t i = 0; i < pages.size(); ++i) {
    pages[i].total = i == 0 ? 150 : 149;
  }

  List(discovery, pages, 0s);

  EXPECT_EQ(discovery.Datasets().size(), 149U);
}

TEST_F(DiscoveryTest, ReadsADeletionOnTheOnlyPageOnce) {
  Discovery discovery("p", "r", {.refresh_interval = 1s});
  List(discovery, {Page({{"1", "a", "0"}, {"2", "b", "0"}})}, 0s);

  EXPECT_TRUE(List(discovery, {Page({{"2", "b", "0"}})}, 2s).changed);
}

TEST_F(DiscoveryTest, ReadsAgainAtMostOnce) {
  Discovery discovery("p", "r", {.refresh_interval = 1s});
  std::vector<DatasetPage> pages = {Slice(0, 150), Slice(100, 150),
                                    Slice(0, 150), Slice(100, 150)};
  for (std::size_t i = 0; i < pages.size(); ++i) {
    pages[i].total = 100 + static_cast<std::int64_t>(i);
  }

  List(discovery, pages, 0s);

  EXPECT_EQ(discovery.Datasets().size(), 150U);
}

TEST_F(DiscoveryTest, BeginsWithTheFirstReadingAfterAFailureInTheSecond) {
  Discovery discovery("p", "r", {.refresh_interval = 1s});
  List(discovery, {Page({{"1", "a", "0"}})}, 0s);
  ASSERT_TRUE(discovery.WantsPage(At(2s).steady));
  discovery.PageCame(Page({}), At(2s), rng_);
  ASSERT_TRUE(discovery.WantsPage(At(2s).steady));
  discovery.PageFailed(Because(ErrorKind::kTimeout), At(2s).steady, rng_);
  EXPECT_EQ(discovery.Datasets().size(), 1U);

  List(discovery, {Page({}), Page({})}, 4s);
  EXPECT_TRUE(discovery.Datasets().empty());
}

}  // namespace
}  // namespace exporter
