// What the planner keeps when its datasets change.

#include <gtest/gtest.h>

#include "collect/planner.h"
#include "support/planned_cloud.h"

namespace exporter {
namespace {

using namespace std::chrono_literals;

TEST(PlannerReloadTest, KeepsTheMemoryOfDatasetsThatStayAndNotOfThoseLongGone) {
  PlannedCloud cloud;
  cloud.settings.memory.min_interval_settled = 1h;
  cloud.AddProject("p", 2);
  cloud.Configure();
  cloud.Scrape(1s);

  cloud.catalogue->datasets.erase(cloud.catalogue->datasets.begin());
  cloud.Configure();
  cloud.PassTime(15min);
  cloud.catalogue->datasets.push_back(Dataset{.key = {"p", "d0"}});
  cloud.Configure();
  cloud.Scrape(1s);

  EXPECT_EQ(cloud.AsksOf("d1"), 1U);
  EXPECT_EQ(cloud.AsksOf("d0"), 2U);
}

TEST(PlannerReloadTest, AReloadLosesNoScrapeInHand) {
  PlannedCloud cloud;
  cloud.settings.concurrency = 2;
  cloud.AddProject("p", 10);
  cloud.Configure();
  const ScrapeId scrape = cloud.Begin(2s);

  cloud.catalogue->datasets.resize(3);
  cloud.Configure();
  cloud.PassTime(3s);

  EXPECT_EQ(cloud.finished.at(scrape).readings.size(), 10U);
  EXPECT_EQ(cloud.finished.at(scrape).errors, 0U);
}

// Those that wait and are gone, or have not moved up yet, have the places of
// others.
TEST(PlannerReloadTest,
     LosesNobodyWhoWaitsWhenOthersTakeHisPlaceInTheCatalogue) {
  PlannedCloud cloud;
  cloud.settings.concurrency = 1;
  cloud.AddProject("p", 10);
  cloud.Configure();
  std::vector<ScrapeId> scrapes{cloud.Begin(3s)};

  auto& datasets = cloud.catalogue->datasets;
  datasets.insert(datasets.begin(), Dataset{.key = {"p", "new"}});
  cloud.Configure();
  scrapes.push_back(cloud.Begin(3s));
  datasets.erase(datasets.begin(), datasets.begin() + 3);
  cloud.Configure();
  scrapes.push_back(cloud.Begin(3s));
  cloud.PassTime(4s);

  for (const ScrapeId scrape : scrapes) {
    EXPECT_EQ(cloud.finished.at(scrape).errors, 0U) << scrape;
  }
  EXPECT_EQ(cloud.asked.size(), 11U);
}

// What a scrape counts of the only dataset.
TaskHistory HistoryOfOne(PlannedCloud& cloud) {
  return cloud.Scrape(2s).readings.at(0).history.value();
}

std::uint64_t Completed(PlannedCloud& cloud) {
  return HistoryOfOne(cloud).completed;
}

void RunOneTask(PlannedCloud& cloud) {
  cloud.cloud = [](const DatasetKey&) {
    return PlannedCloud::Good(SyncState::kRunning);
  };
  (void)cloud.Scrape(2s);
  cloud.cloud = [](const DatasetKey&) { return PlannedCloud::Good(); };
  ASSERT_EQ(Completed(cloud), 1U);
}

TEST(PlannerReloadTest, RemembersADatasetThatComesBackWithinAQuarterOfAnHour) {
  for (const auto& [away, counted] :
       {std::pair{14min, 1U}, std::pair{15min, 0U}}) {
    PlannedCloud cloud;
    cloud.AddProject("p", 1);
    cloud.Configure();
    RunOneTask(cloud);
    const std::vector<Dataset> before = cloud.catalogue->datasets;
    const WallTime begin = HistoryOfOne(cloud).begin;

    cloud.catalogue->datasets.clear();
    cloud.Configure();
    cloud.PassTime(away);
    cloud.catalogue->datasets = before;
    cloud.Configure();

    const TaskHistory after = HistoryOfOne(cloud);
    EXPECT_EQ(after.completed, counted);
    // A count that begins again says so.
    EXPECT_EQ(after.begin == begin, counted == 1U);
  }
}

TEST(PlannerReloadTest, RemembersADiscoveredDatasetForTwoListings) {
  for (const auto& [away, counted] :
       {std::pair{149min, 1U}, std::pair{150min, 0U}}) {
    PlannedCloud cloud;
    cloud.AddProject("p", 1)->discovery =
        DiscoverySettings{.refresh_interval = 1h};
    cloud.Configure();
    RunOneTask(cloud);
    const std::vector<Dataset> before = cloud.catalogue->datasets;

    cloud.catalogue->datasets.clear();
    cloud.Configure();
    cloud.PassTime(away);
    cloud.catalogue->datasets = before;
    cloud.Configure();

    EXPECT_EQ(Completed(cloud), counted);
  }
}

TEST(PlannerReloadTest, RemembersTheDatasetsOfAProjectThatComesBack) {
  PlannedCloud cloud;
  cloud.AddProject("p", 1);
  cloud.Configure();
  RunOneTask(cloud);
  const std::vector<Dataset> before = cloud.catalogue->datasets;
  const auto projects = cloud.projects;

  cloud.catalogue->datasets.clear();
  cloud.projects.clear();
  cloud.Configure();
  cloud.PassTime(1min);
  cloud.catalogue->datasets = before;
  cloud.projects = projects;
  cloud.Configure();

  EXPECT_EQ(Completed(cloud), 1U);
}

// A file that is written in place, while a slow scrape is in hand.
TEST(PlannerReloadTest, AnswersForADatasetThatWentAndCameBackDuringAScrape) {
  PlannedCloud cloud;
  cloud.AddProject("p", 40);
  cloud.settings.concurrency = 1;
  cloud.Configure();
  const std::vector<Dataset> before = cloud.catalogue->datasets;

  const ScrapeId scrape = cloud.Begin(2s);
  cloud.PassTime(100ms);
  cloud.catalogue->datasets.resize(20);
  cloud.Configure();
  cloud.PassTime(100ms);
  cloud.catalogue->datasets = before;
  cloud.Configure();
  cloud.PassTime(2s);

  EXPECT_EQ(cloud.finished.at(scrape).errors, 0U);
  EXPECT_EQ(cloud.asked.size(), 40U);
}

}  // namespace
}  // namespace exporter
