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

std::size_t ListAll(bool counts_records, std::size_t total) {
  ListingPass pass;
  for (int pages = 0; pages < 200; ++pages) {
    const std::size_t from =
        counts_records ? pass.Offset() : pass.Offset() * ListingPass::kPageSize;
    if (pass.Add(Slice(from, total))) return pass.Datasets().size();
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
  EXPECT_FALSE(pass.Add(Slice(0, 100)));
  EXPECT_TRUE(pass.Add(Slice(0, 100)));
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

  Dice dice_;
};

TEST_F(DiscoveryTest, KeepsWhatTheFiltersLetPassAndLeavesOutText) {
  Discovery discovery("p", "r", {.include = "^prod-", .exclude = "-scratch$"});

  ASSERT_TRUE(discovery.WantsPage(At(0s).steady));
  EXPECT_TRUE(discovery.PageCame(Page({{"2", "prod-b", "1"},
                                       {"1", "prod-a", "0"},
                                       {"3", "prod-text", "101"},
                                       {"4", "test-c", "0"},
                                       {"5", "prod-d-scratch", "0"}}),
                                 At(0s), dice_));

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
      dice_);

  ASSERT_EQ(discovery.Datasets().size(), 1U);
  EXPECT_EQ(discovery.Datasets()[0].key.dataset_id, "...");
}

TEST_F(DiscoveryTest, KeepsTheLastGoodListWhenAListingFails) {
  Discovery discovery("p", "r", {});
  discovery.WantsPage(At(0s).steady);
  discovery.PageCame(Page({{"1", "a", "0"}}), At(0s), dice_);

  ASSERT_TRUE(discovery.WantsPage(At(301s).steady));
  EXPECT_TRUE(discovery.PageFailed(Because(ErrorKind::kTimeout),
                                   At(301s).steady, dice_));

  EXPECT_EQ(discovery.Datasets().size(), 1U);
  EXPECT_EQ(discovery.LastSuccess(), At(0s).wall);
  EXPECT_TRUE(discovery.WantsPage(At(331s).steady));
}

TEST_F(DiscoveryTest, KeepsWhatItFoundUnderNewSettingsAndListsAtOnce) {
  Discovery before("p", "r", {.refresh_interval = 1h});
  before.WantsPage(At(0s).steady);
  before.PageCame(Page({{"1", "prod-a", "0"}, {"2", "test-b", "0"}}), At(0s),
                  dice_);

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

TEST_F(DiscoveryTest, FindsAgainWhatOlderFiltersLeftOut) {
  Discovery before("p", "r", {.include = "^prod-"});
  before.WantsPage(At(0s).steady);
  before.PageCame(Page({{"1", "prod-a", "0"}, {"2", "test-b", "0"}}), At(0s),
                  dice_);

  const Discovery after("p", "r", {}, &before);

  EXPECT_EQ(after.Datasets().size(), 2U);
}

TEST_F(DiscoveryTest, AsksAgainAfterItsIntervalAndNotBefore) {
  Discovery discovery("p", "r", {.refresh_interval = 100s});
  discovery.WantsPage(At(0s).steady);
  EXPECT_FALSE(discovery.WantsPage(At(0s).steady));
  discovery.PageCame(Page({}), At(0s), dice_);

  EXPECT_FALSE(discovery.WantsPage(At(89s).steady));
  EXPECT_TRUE(discovery.WantsPage(At(100s).steady));
}

TEST_F(DiscoveryTest, SaysOnceWhyItFails) {
  Discovery discovery("p", "r", {.refresh_interval = 1s});
  const auto fails = [&](ErrorKind reason, std::chrono::seconds after) {
    discovery.WantsPage(At(after).steady);
    return discovery.PageFailed(Because(reason), At(after).steady, dice_);
  };

  EXPECT_TRUE(fails(ErrorKind::kTimeout, 0s));
  EXPECT_FALSE(fails(ErrorKind::kTimeout, 2s));
  EXPECT_TRUE(fails(ErrorKind::kForbidden, 4s));
  ASSERT_TRUE(discovery.Failure());
  EXPECT_EQ(discovery.Failure()->kind, ErrorKind::kForbidden);

  discovery.WantsPage(At(6s).steady);
  discovery.PageCame(Page({}), At(6s), dice_);
  EXPECT_FALSE(discovery.Failure());
  EXPECT_TRUE(fails(ErrorKind::kForbidden, 8s));
}

TEST_F(DiscoveryTest, SaysWhetherTheListChanged) {
  Discovery discovery("p", "r", {.refresh_interval = 1s});
  discovery.WantsPage(At(0s).steady);
  EXPECT_TRUE(discovery.PageCame(Page({{"1", "a", "0"}}), At(0s), dice_));
  discovery.WantsPage(At(2s).steady);
  EXPECT_FALSE(discovery.PageCame(Page({{"1", "a", "0"}}), At(2s), dice_));
  discovery.WantsPage(At(4s).steady);
  EXPECT_TRUE(discovery.PageCame(Page({}), At(4s), dice_));
}

}  // namespace
}  // namespace exporter
