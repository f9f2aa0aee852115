#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace exporter {
namespace {

Result<int> Half(int number) {
  if (number % 2 != 0) return Fail(ErrorKind::kMalformed, "odd");
  return number / 2;
}

TEST(ResultTest, IsAValueOrTheErrorThatExplainsWhyNot) {
  const Result<int> good = Half(4);
  const Result<int> bad = Half(3);

  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 2);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().kind, ErrorKind::kMalformed);
  EXPECT_EQ(bad.error().message, "odd");
}

TEST(ResultTest, ThrowsWhenTheWrongOneIsTaken) {
  EXPECT_THROW((void)Half(4).error(), std::bad_variant_access);
  const Result<int> bad = Half(3);
  EXPECT_THROW((void)*bad, std::bad_variant_access);
}

TEST(ResultTest, CarriesWhatCanOnlyBeMoved) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(7);

  const std::unique_ptr<int> taken = std::move(*result);

  EXPECT_EQ(*taken, 7);
}

TEST(ResultTest, PassesAnErrorOnWithContext) {
  const Result<int> inner = Half(3);

  const Result<std::string> outer = Fail(While("halving", inner.error()));

  EXPECT_EQ(outer.error().message, "halving: odd");
}

}  // namespace
}  // namespace exporter
