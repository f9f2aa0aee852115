#include "collect/catalogue.h"

#include <gtest/gtest.h>

#include <set>
#include <span>
#include <vector>

namespace exporter {
namespace {

TEST(CatalogueTest, PutsDiscoveredDatasetsBehindTheConfiguredOnes) {
  CollectorSettings settings;
  settings.datasets = {{.key = {"p", "z"}},
                       {.key = {"p", "b"}, .name = "mine"}};
  const std::vector<Dataset> found = {
      {.key = {"p", "a"}, .name = "found"},
      {.key = {"p", "b"}, .name = "theirs", .type = "1"}};
  const std::vector<std::span<const Dataset>> discovered = {found};

  const auto catalogue = BuildCatalogue(settings, discovered);

  ASSERT_EQ(catalogue->datasets.size(), 3U);
  EXPECT_EQ(catalogue->datasets[0].key.dataset_id, "z");
  EXPECT_EQ(catalogue->datasets[1].name, "mine");
  EXPECT_EQ(catalogue->datasets[1].type, "1");
  EXPECT_EQ(catalogue->datasets[2].name, "found");
}

TEST(CatalogueTest, GivesEveryDatasetToExactlyOneShard) {
  CollectorSettings settings;
  for (int i = 0; i < 1000; ++i) {
    settings.datasets.push_back({.key = {"p", std::to_string(i)}});
  }
  std::set<DatasetKey> all;
  std::size_t sum = 0;
  settings.shard.count = 4;
  for (settings.shard.index = 0; settings.shard.index < 4;
       ++settings.shard.index) {
    const auto catalogue = BuildCatalogue(settings, {});
    for (const Dataset& dataset : catalogue->datasets) {
      all.insert(dataset.key);
      ++sum;
    }
  }

  EXPECT_EQ(sum, 1000U);
  EXPECT_EQ(all.size(), 1000U);
}

}  // namespace
}  // namespace exporter
