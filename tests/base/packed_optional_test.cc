#include "base/packed_optional.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace exporter {
namespace {

using std::chrono::duration;

TEST(PackedOptionalTest, TakesNoMoreThanItsValue) {
  EXPECT_EQ(sizeof(PackedOptional<std::int64_t>), sizeof(std::int64_t));
  EXPECT_EQ(sizeof(PackedOptional<WallTime>), sizeof(WallTime));
  EXPECT_EQ(sizeof(PackedOptional<duration<double>>), sizeof(double));
}

TEST(PackedOptionalTest, IsNoneUntilItHasAValue) {
  PackedOptional<std::int64_t> number;
  EXPECT_FALSE(number);
  EXPECT_EQ(number, std::nullopt);
  EXPECT_EQ(number.value_or(7), 7);

  number = 0;
  ASSERT_TRUE(number.has_value());
  EXPECT_EQ(*number, 0);
  EXPECT_NE(number, std::nullopt);

  number.reset();
  EXPECT_FALSE(number);
}

TEST(PackedOptionalTest, HoldsMomentsAndFractionsAsAnOptionalDoes) {
  const PackedOptional<WallTime> epoch = WallTime();
  const PackedOptional<duration<double>> second = std::chrono::seconds(1);

  EXPECT_EQ(epoch, WallTime());
  EXPECT_EQ(second->count(), 1.0);
  EXPECT_FALSE(PackedOptional<WallTime>());
  EXPECT_FALSE(PackedOptional<duration<double>>());
}

TEST(PackedOptionalTest, BecomesAnOptionalAndComesBack) {
  const std::optional<std::int64_t> none = PackedOptional<std::int64_t>();
  const std::optional<std::int64_t> three = PackedOptional<std::int64_t>(3);

  EXPECT_EQ(none, std::nullopt);
  EXPECT_EQ(three, 3);
  EXPECT_EQ(PackedOptional<std::int64_t>(three), 3);
  EXPECT_EQ(PackedOptional<std::int64_t>(none), std::nullopt);
}

}  // namespace
}  // namespace exporter
