#include "collect/outage.h"

#include <gtest/gtest.h>

namespace exporter {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kBefore{1h};

class OutageTest : public testing::Test {
 protected:
  bool Break(const std::string& object, unsigned broke_in = 0,
             SteadyTime now = kBefore) {
    return outage_.Broke(outage_.Enter(now), object, broke_in, error_, now,
                         rng_);
  }
  void Reply() { outage_.Replied(outage_.Enter(kBefore)); }

  const Error error_{ErrorKind::kConnect, "reset"};
  Outage outage_;
  Rng rng_;
};

TEST_F(OutageTest, IsNoneWhileOneAloneBreaks) {
  EXPECT_FALSE(Break("a"));
  EXPECT_FALSE(Break("a"));
  EXPECT_FALSE(outage_.IsOut());
  EXPECT_EQ(outage_.NextAt(kBefore), SteadyTime{});
}

TEST_F(OutageTest, BeginsWithTheSecondThatBreaksAndEndsWithAReply) {
  Break("a");
  EXPECT_TRUE(Break("b"));
  EXPECT_TRUE(outage_.IsOut());
  EXPECT_EQ(outage_.Number(), 1U);
  EXPECT_GT(outage_.NextAt(kBefore), kBefore);
  EXPECT_EQ(outage_.Why()->message, "reset");

  Reply();
  EXPECT_FALSE(outage_.IsOut());
  EXPECT_FALSE(outage_.Why());
}

TEST_F(OutageTest, WhoBreaksInEachOutageIsTheOneThatBreaks) {
  Break("a");
  EXPECT_TRUE(Break("b", 0));
  EXPECT_TRUE(Break("b", 1));
  Reply();

  Break("a");
  EXPECT_FALSE(Break("b", 1));
  EXPECT_EQ(outage_.Number(), 2U);
}

TEST_F(OutageTest, IsLongAfterTenSeconds) {
  Break("a");
  Break("b");
  EXPECT_FALSE(outage_.IsLong(kBefore + 9s));
  EXPECT_TRUE(outage_.IsLong(kBefore + 10s));
}

}  // namespace
}  // namespace exporter
