#include "collect/dataset_index.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "support/numbered_name.h"

namespace exporter {
namespace {

TEST(DatasetIndexTest, FindsEachDatasetOfACatalogueInAnyOrder) {
  auto catalogue = std::make_shared<Catalogue>();
  for (std::size_t i = 0; i < 1000; ++i) {
    // Every place once, since 7 and 1000 have no common factor.
    catalogue->datasets.push_back(
        {.key = {NumberedName("p", i % 3), NumberedName("d", i * 7 % 1000)}});
  }
  const DatasetIndex index(catalogue);

  for (std::size_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(index.Find(catalogue->datasets[i].key), i);
  }
}

TEST(DatasetIndexTest, FindsNoneThatIsNotThere) {
  auto catalogue = std::make_shared<Catalogue>();
  catalogue->datasets = {{.key = {"p", "d2"}}, {.key = {"p", "d4"}}};
  const DatasetIndex index(catalogue);

  for (const char* id : {"", "d1", "d3", "d5"}) {
    EXPECT_EQ(index.Find({"p", id}), std::nullopt) << id;
  }
  EXPECT_EQ(index.Find({"q", "d2"}), std::nullopt);
  EXPECT_EQ(index.Find({"", "d2"}), std::nullopt);
  EXPECT_EQ(DatasetIndex(std::make_shared<Catalogue>()).Find({"p", "d2"}),
            std::nullopt);
}

TEST(DatasetIndexTest, FindsTheFirstOfTwins) {
  auto catalogue = std::make_shared<Catalogue>();
  catalogue->datasets = {
      {.key = {"p", "d2"}}, {.key = {"p", "d1"}}, {.key = {"p", "d1"}}};

  EXPECT_EQ(DatasetIndex(catalogue).Find({"p", "d1"}), 1U);
}

}  // namespace
}  // namespace exporter
