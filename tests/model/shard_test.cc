#include "model/shard.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace exporter {
namespace {

std::vector<DatasetKey> Keys(std::size_t count) {
  std::vector<DatasetKey> keys;
  for (std::size_t i = 0; i < count; ++i) {
    keys.push_back(
        {"project-" + std::to_string(i % 50), "dataset-" + std::to_string(i)});
  }
  return keys;
}

// These numbers are a promise to other versions: a change of one of them would
// leave gaps and overlaps between replicas while they are updated. They come
// from a second implementation, in another language.
TEST(StableHashTest, GivesTheSameNumbersForEver) {
  EXPECT_EQ(StableHash(""), 0xEFD01F60BA992926U);
  EXPECT_EQ(StableHash("a"), 0x82A2A958A9BECE5BU);
  EXPECT_EQ(StableHash("foobar"), 0x2C22194922D1672BU);
  EXPECT_EQ(StableHash("p1/数据集"), 0xE6FE937D0E1E9AEDU);
}

TEST(ShardOfTest, GivesTheSameNumbersForEver) {
  const struct {
    DatasetKey key;
    std::vector<std::uint32_t> shards;  // Of 1, 2, 3, 4, 10, 100, 2^32 - 1.
  } kCases[] = {
      {{"p1", "d1"}, {0, 0, 0, 0, 0, 47, 1071231001}},
      {{"p1", "数据集"}, {0, 0, 0, 0, 9, 79, 1514951290}},
      {{"77b6a44cba5143ab91d13ab9a8ff44fd", "gfghHSokody6AJigS5A"},
       {0, 0, 2, 2, 2, 67, 247520647}},
  };
  for (const auto& [key, expected] : kCases) {
    std::vector<std::uint32_t> shards;
    for (const std::uint32_t count : {1U, 2U, 3U, 4U, 10U, 100U, 4294967295U}) {
      shards.push_back(ShardOf(key, count));
    }
    EXPECT_EQ(shards, expected) << ToString(key);
  }
}

TEST(ShardOfTest, IsBalancedWithinTenPercent) {
  const std::vector<DatasetKey> keys = Keys(10'000);
  for (const std::uint32_t count : {2U, 3U, 4U, 5U, 7U, 10U}) {
    std::vector<double> sizes(count);
    for (const DatasetKey& key : keys) ++sizes.at(ShardOf(key, count));

    const double fair = static_cast<double>(keys.size()) / count;
    for (const double size : sizes) EXPECT_NEAR(size, fair, 0.1 * fair);
  }
}

TEST(ShardOfTest, MovesTheShareOfANewShardAlone) {
  const std::vector<DatasetKey> keys = Keys(10'000);
  for (const std::uint32_t count : {1U, 2U, 3U, 9U}) {
    double moved = 0;
    for (const DatasetKey& key : keys) {
      const std::uint32_t before = ShardOf(key, count);
      const std::uint32_t after = ShardOf(key, count + 1);
      if (before == after) continue;
      ++moved;
      EXPECT_EQ(after, count);
    }
    const double fair = static_cast<double>(keys.size()) / (count + 1);
    EXPECT_NEAR(moved, fair, 0.1 * fair);
  }
}

}  // namespace
}  // namespace exporter
